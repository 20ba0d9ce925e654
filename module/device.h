/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef NSA_DEVICE_H
#define NSA_DEVICE_H

int nsa_device_init(void);
void nsa_device_exit(void);

#endif /* NSA_DEVICE_H */
