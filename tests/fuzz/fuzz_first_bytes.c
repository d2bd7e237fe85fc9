/* modules: hop_server */
/* What decides between TLS and ICE-TCP: byte by byte and at once it must come to the same, and
 * never ask for what is there already, or for more than it may. */
#include "server/first_bytes.h"

#include "tests/fuzz/check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t need = 0, wanted = 0;
    enum hop_first whole = hop_first_bytes(data, size, &need), first = HOP_FIRST_MORE;

    CHECK(whole != HOP_FIRST_MORE || (need > size && need <= HOP_FIRST_BYTES));
    CHECK(whole != HOP_FIRST_MEDIA || (size >= 22 && data[0] <= 5));
    CHECK(whole != HOP_FIRST_TLS || size >= 1);
    for (size_t n = 0; n <= size; n++) {
        first = hop_first_bytes(data, n, &need);
        if (first != HOP_FIRST_MORE) {
            CHECK(n >= wanted); /* what it asked for was needed */
            break;
        }
        CHECK(need > n && need <= HOP_FIRST_BYTES && need >= wanted);
        wanted = need;
    }
    CHECK(first == whole);
    return 0;
}
