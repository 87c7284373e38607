/* Play the registers of a BCM2835 in a file, as far as pins below 32 need them, until the process that has started this is gone.
 * A register is emptied only if it still holds what was done, so no write to it is lost. */
#include <fcntl.h>
#include <sched.h>
#include <stdint.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

enum { SET = 0x1c / 4, CLEAR = 0x28 / 4, LEVELS = 0x34 / 4, PUT_HIGH = 0xff8 / 4, PUT_LOW = 0xffc / 4 };

static volatile uint32_t *at;

static void take(int number, int high) {
    uint32_t mask = at[number];
    if (mask == 0)
        return;
    at[LEVELS] = high ? at[LEVELS] | mask : at[LEVELS] & ~mask;
    __atomic_compare_exchange_n(&at[number], &mask, 0, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}

int main(int count, char **words) {
    int file = count == 2 ? open(words[1], O_RDWR) : -1;
    void *memory = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (file < 0 || memory == MAP_FAILED)
        return 1;
    at = memory;
    const struct sched_param first = {1};
    sched_setscheduler(0, SCHED_FIFO, &first); /* a chip is never kept waiting; without leave to do so it may be */
    const struct timespec pause = {0, 20000};
    for (pid_t started_by = getppid(); getppid() == started_by; nanosleep(&pause, 0)) {
        take(SET, 1);
        take(CLEAR, 0);
        take(PUT_HIGH, 1);
        take(PUT_LOW, 0);
    }
    return 0;
}
