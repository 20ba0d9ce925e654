/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NSATTACH_TESTS_PID_CALLS_H
#define NSATTACH_TESTS_PID_CALLS_H

#include <mqueue.h>

#include "subject.h"

/* What the test and its subject share: made before it is started. */
extern int wire[2];	/* a pair of datagram sockets that tell credentials */
extern int terminal;	/* master side of a pty */
extern mqd_t queue;

void calls_init(void);

/* For subject_call(): 0 if it went well, a number, or -errno. */
long call_getpid(char *text);
long call_listen(char *text);
long call_send_credentials(char *text);
long call_receive_credentials(char *text);
long call_block_signals(char *text);
/* si_pid of the next SIGUSR1, SIGINT or SIGALRM. */
long call_sender_of_signal(char *text);
long call_owner(char *text);
long call_start_timers(char *text);
long call_await_timers(char *text);
long call_own_clock(char *text);
long call_await_message(char *text);
long call_hold_mutexes(char *text);
long call_cached_number(char *text);
/* The same of a thread that sleeps as long as nobody asks: its number when it is started. */
long call_start_sleeper(char *text);
long call_cached_number_of_sleeper(char *text);
/* What the kernel is told to clear at the thread's exit holds something else than its number. */
long call_own_word(char *text);
long call_read_own_word(char *text);
long call_pthread_kill(char *text);
long call_release_mutex(char *text);
long call_recover_mutex(char *text);
long call_take_terminal(char *text);
long call_claim_terminal(char *text);
long call_terminal_group(char *text);
long call_ring_open(char *text);
long call_ring_open_polled(char *text);
long call_ring_nop(char *text);
long call_wait(char *text);
/* It does not answer. */
long call_exec_in_a_thread(char *text);

/* In a call: @fn by another thread than the first, which stays. Its number is in @text then. */
long by_a_thread(subject_fn fn, char *text);

/* The other side: a process number, or -1. */
int credentials_received(void);
void credentials_send(void);
int peer_of_listener(void);

#endif
