/* SPDX-License-Identifier: MIT */
#include "verify/fence.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int fence_make(struct fence *fence, size_t room) {
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    room = (room + page - 1) / page * page;
    fence->mapped = room + 2 * page;
    fence->map = mmap(NULL, fence->mapped, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (fence->map == MAP_FAILED) return -1;
    fence->first = fence->map + page;
    fence->end = fence->first + room;
    if (mprotect(fence->first, room, PROT_READ | PROT_WRITE) == 0) return 0;
    munmap(fence->map, fence->mapped);
    return -1;
}

void fence_free(struct fence *fence) {
    munmap(fence->map, fence->mapped);
}

static size_t room_before(const struct fence *fence, const unsigned char *at) {
    size_t room = (size_t)(at - fence->first);
    return room < FENCE_MARGIN ? room : FENCE_MARGIN;
}

static size_t room_behind(const struct fence *fence, const unsigned char *end) {
    size_t room = (size_t)(fence->end - end);
    return room < FENCE_MARGIN ? room : FENCE_MARGIN;
}

unsigned char *fence_put(const struct fence *fence, enum fence_place place, size_t offset, const void *content,
                         size_t length, int poison) {
    unsigned char *at = fence->first + FENCE_MARGIN + offset;
    if (place == FENCE_START) at = fence->first;
    if (place == FENCE_END) at = fence->end - length;
    memset(at - room_before(fence, at), poison, room_before(fence, at));
    memcpy(at, content, length);
    memset(at + length, poison, room_behind(fence, at + length));
    return at;
}

bool is_all(const unsigned char *at, size_t length, int byte) {
    return length == 0 || (*at == byte && memcmp(at, at + 1, length - 1) == 0);
}

bool fence_intact(const struct fence *fence, const unsigned char *at, size_t length, int poison) {
    size_t before = room_before(fence, at);
    return is_all(at - before, before, poison) && is_all(at + length, room_behind(fence, at + length), poison);
}

bool fence_holds(const struct fence *fence, uintptr_t address) {
    return address >= (uintptr_t)fence->map && address < (uintptr_t)fence->map + fence->mapped;
}
