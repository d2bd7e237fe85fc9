/* Dice, loss and jitter of an impaired line; called by tests/line/line for every packet. */
#include "tests/line/chance.h"

#include <math.h>

void hop_line_dice_init(struct hop_line_dice *d, uint64_t seed)
{
    d->state = seed * 0x9e3779b97f4a7c15U + 0x632be59bd9b4e019U;
}

/* splitmix64 */
double hop_line_dice_roll(struct hop_line_dice *d)
{
    uint64_t z = d->state += 0x9e3779b97f4a7c15U;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return (double)((z ^ (z >> 31)) >> 11) * 0x1p-53;
}

/* Two states. From bad to good with 1/burst a packet; from good to bad as often as it takes for the
 * bad phases to hold the wanted share of all packets. */
bool hop_line_loss_next(struct hop_line_loss *l, const struct hop_line_settings *s)
{
    double change = hop_line_dice_roll(&l->dice), hit = hop_line_dice_roll(&l->dice);
    if (s->loss <= 0) {
        l->bad = false;
        return false;
    }
    if (s->burst <= 1)
        return hit < s->loss;
    double leave = 1 / s->burst, bad_share = s->loss / s->bad_loss;
    double enter = bad_share < 1 ? leave * bad_share / (1 - bad_share) : 1;
    l->bad = l->bad ? bad_share >= 1 || change >= leave : change < enter;
    return l->bad && hit < s->bad_loss;
}

int64_t hop_line_jitter_next(struct hop_line_dice *d, const struct hop_line_settings *s)
{
    double a = hop_line_dice_roll(d), b = hop_line_dice_roll(d), x = a;
    if (s->jitter == HOP_LINE_NORMAL)
        x = fabs(sqrt(-2 * log(1 - a)) * cos(2 * M_PI * b));
    else if (s->jitter == HOP_LINE_EXPONENTIAL)
        x = -log(1 - a);
    return (int64_t)(x * (double)s->jitter_ns);
}
