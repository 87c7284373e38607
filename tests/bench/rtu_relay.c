/* A serial line at its real speed, and the units at its far end: rtu_relay LINK BAUD BITS UNITS [LOG]
 * Opens a pty, links LINK to it, prints "ready". Characters of BITS bits take their time in both directions and are handed
 * on one by one, each at the end of its last stop bit. Units 1 to UNITS answer when the line has been silent for 3.5
 * characters (1.75 ms above 19200 baud), as real ones do, and never sooner; register n of unit u holds 256 u + n.
 * SIGUSR1 makes the last unit fall silent for good. On SIGTERM it prints one line:
 *   requests violations last_late_ns late_p50_ns late_p99_ns gap_least gap_median
 * violations: requests that began before the line had been silent for long enough; last_late_ns: by how much the last
 * characters of all answers together were handed on too late by this program; late_*: by how much any character was;
 * gap_*: the silence before a request, in characters.
 * With a log, a file, a line for each request: unit function address began_ns answered_ns, where the last is when the
 * answer (the request, if there is none) and the silence after it end by the line's own time, of CLOCK_MONOTONIC.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define LONGEST 256
#define SAMPLES (1 << 20)

static volatile sig_atomic_t ended, killed;
static int64_t char_ns, silence_ns;
static int64_t late_ns[SAMPLES], gap_ns[SAMPLES];
static size_t lates, gaps;
static unsigned long requests, violations;
static int64_t last_late_ns;
static FILE *event_log;

static void on_end(int number)
{
    (void)number;
    ended = 1;
}

static void on_kill(int number)
{
    (void)number;
    killed = 1;
}

static int64_t now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static int open_pty(const char *link)
{
    int master = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK);
    struct termios raw;

    if (master < 0 || grantpt(master) || unlockpt(master) || tcgetattr(master, &raw))
        return -1;
    cfmakeraw(&raw);
    tcsetattr(master, TCSANOW, &raw);
    /* The near end stays open here too: without it reads fail while no master has the port. */
    if (open(ptsname(master), O_RDWR | O_NOCTTY) < 0 || symlink(ptsname(master), link))
        return -1;
    return master;
}

static unsigned crc16(const uint8_t *data, size_t size)
{
    unsigned crc = 0xFFFF;

    while (size--) {
        crc ^= *data++;
        for (int bit = 0; bit < 8; bit++)
            crc = crc & 1 ? crc >> 1 ^ 0xA001 : crc >> 1;
    }
    return crc;
}

static size_t seal(uint8_t *frame, size_t size)
{
    unsigned crc = crc16(frame, size);

    frame[size] = crc & 0xFF;
    frame[size + 1] = crc >> 8;
    return size + 2;
}

/* The answer to a frame; 0 if nobody answers. */
static size_t answer(const uint8_t *frame, size_t size, int units, uint8_t *out)
{
    unsigned unit = frame[0], function = frame[1], address, count;

    if (size < 8 || crc16(frame, size) != 0 || unit < 1 || unit > (unsigned)units)
        return 0;
    if (killed && unit == (unsigned)units)
        return 0;
    address = frame[2] << 8 | frame[3];
    count = frame[4] << 8 | frame[5];
    memcpy(out, frame, 6);
    if (function == 6 || function == 16)
        return seal(out, 6);
    if ((function != 3 && function != 4) || count < 1 || count > 125) {
        out[1] = function | 0x80;
        out[2] = 1;
        return seal(out, 3);
    }
    out[2] = 2 * count;
    for (unsigned n = 0; n < count; n++) {
        unsigned value = 256 * unit + address + n;

        out[3 + 2 * n] = value >> 8 & 0xFF;
        out[4 + 2 * n] = value & 0xFF;
    }
    return seal(out, 3 + 2 * count);
}

static int compare(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

static void tell(void)
{
    qsort(late_ns, lates, sizeof *late_ns, compare);
    qsort(gap_ns, gaps, sizeof *gap_ns, compare);
    printf("%lu %lu %lld %lld %lld %.2f %.2f\n", requests, violations, (long long)last_late_ns,
           (long long)(lates ? late_ns[lates / 2] : 0), (long long)(lates ? late_ns[lates * 99 / 100] : 0),
           gaps ? (double)gap_ns[0] / char_ns : 0.0, gaps ? (double)gap_ns[gaps / 2] / char_ns : 0.0);
    fflush(stdout);
}

/* Serve until SIGTERM. Times of characters are reckoned, not measured: lateness of this program does not add up. */
static void serve(int master, int units)
{
    static uint8_t request[LONGEST], reply[LONGEST + 8];
    size_t asked = 0, replying = 0, handed = 0;
    int64_t free_ns = 0, began_ns = 0, reply_ns = 0;

    while (!ended) {
        struct pollfd ready = {master, POLLIN, 0};
        struct timespec wait = {1, 0};
        int64_t due = -1, now = now_ns(), rest;

        if (handed < replying) {
            due = reply_ns + (int64_t)(handed + 1) * char_ns;
            if (due <= now) {
                if (write(master, reply + handed, 1) != 1)
                    continue;
                rest = now_ns() - due;
                if (lates < SAMPLES)
                    late_ns[lates++] = rest;
                if (++handed == replying)
                    last_late_ns += rest;
                continue;
            }
        } else if (asked > 0 && (due = free_ns + silence_ns) <= now) {
            replying = answer(request, asked, units, reply);
            handed = 0;
            reply_ns = due;
            if (replying > 0)
                free_ns = due + (int64_t)replying * char_ns;
            if (event_log != NULL && asked > 3)
                fprintf(event_log, "%u %u %u %lld %lld\n", request[0], request[1], request[2] << 8 | request[3],
                        (long long)began_ns, (long long)(free_ns + silence_ns));
            asked = 0;
            continue;
        }
        if (due >= 0) {
            rest = due - now;
            wait.tv_sec = rest / 1000000000;
            wait.tv_nsec = rest % 1000000000;
        }
        if (ppoll(&ready, 1, &wait, NULL) > 0) {
            uint8_t came[LONGEST];
            ssize_t size = read(master, came, sizeof came);

            now = now_ns();
            if (size <= 0)
                continue;
            if (asked == 0) {
                requests++;
                if (free_ns > 0) {
                    violations += now - free_ns < silence_ns;
                    if (gaps < SAMPLES)
                        gap_ns[gaps++] = now - free_ns;
                }
                began_ns = free_ns > now ? free_ns : now;
                free_ns = began_ns;
            } else if (now > free_ns)
                free_ns = now;
            if (asked + size > sizeof request)
                size = sizeof request - asked;
            memcpy(request + asked, came, size);
            asked += size;
            free_ns += size * char_ns;
        }
    }
    tell();
}

int main(int argc, char **argv)
{
    struct sigaction end = {.sa_handler = on_end}, kill_last = {.sa_handler = on_kill};
    struct sched_param first = {.sched_priority = 10};
    int master = argc > 4 ? open_pty(argv[1]) : -1;
    double baud = argc > 4 ? atof(argv[2]) : 0;

    if (master < 0 || baud <= 0 || (argc > 5 && (event_log = fopen(argv[5], "w")) == NULL)) {
        perror("rtu_relay LINK BAUD BITS UNITS [LOG]");
        return 2;
    }
    char_ns = (int64_t)(atoi(argv[3]) * 1e9 / baud);
    silence_ns = baud > 19200 ? 1750000 : (int64_t)(3.5 * atoi(argv[3]) * 1e9 / baud);
    sigaction(SIGTERM, &end, NULL);
    sigaction(SIGUSR1, &kill_last, NULL);
    prctl(PR_SET_TIMERSLACK, 1UL);
    sched_setscheduler(0, SCHED_FIFO, &first); /* where it may; its lateness is measured anyway */
    puts("ready");
    fflush(stdout);
    serve(master, atoi(argv[4]));
    if (event_log != NULL)
        fclose(event_log);
    return 0;
}
