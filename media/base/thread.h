/* Which thread may call: a mark that an object keeps and its functions check in debug builds. */
#pragma once

#include <assert.h>
#include <pthread.h>
#include <stdbool.h>

struct hop_thread_mark {
    pthread_t owner;
    bool bound;
};

/* From now on the object belongs to the calling thread. */
static inline void hop_thread_bind(struct hop_thread_mark *mark)
{
    mark->owner = pthread_self();
    mark->bound = true;
}

/* True before the object was bound, and afterwards on its owner's thread. */
static inline bool hop_thread_is_owner(const struct hop_thread_mark *mark)
{
    return !mark->bound || pthread_equal(mark->owner, pthread_self());
}

#ifdef HOP_DEBUG
#define hop_thread_assert(mark) assert(hop_thread_is_owner(mark))
#else
#define hop_thread_assert(mark) ((void)(mark))
#endif
