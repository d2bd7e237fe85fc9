/* hop-bench-mix [SECONDS]: what the mix costs beside its floor; bench/bench_mix.mjs calls it. Each
 * case on the mix threads takes that many seconds (4). */
#include "bench/mix/cases.h"
#include "bench/mix/voices.h"

#include <stdlib.h>

int main(int argc, char **argv)
{
    int seconds = argc > 1 ? atoi(argv[1]) : 4;
    if (seconds < 1 || seconds > 600)
        return 2;
    bench_voices_make();
    bench_kernel_cases();
    bench_line_cases();
    bench_thread_cases(seconds);
    return 0;
}
