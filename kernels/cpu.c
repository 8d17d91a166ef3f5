/* SPDX-License-Identifier: MIT */
/* CPU features: what the processor has, and what the operating system saves. */
#include "kernels.h"

#if defined(__x86_64__)

#include <cpuid.h>

static uint64_t read_xcr0(void) {
    uint32_t low, high;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return (uint64_t)high << 32 | low;
}

static bool has(uint32_t word, uint32_t bits) {
    return (word & bits) == bits;
}

/* Bit positions: Intel SDM volume 2, CPUID leaves 1, 7 and 80000001H; XCR0: volume 1, 13.3. */
struct cpu_features cpu_features(void) {
    struct cpu_features found = {0, 0};
    uint32_t a, b, c, d;
    if (!__get_cpuid(1, &a, &b, &c, &d)) return found;
    uint32_t leaf1_c = c;
    bool osxsave = has(leaf1_c, 1U << 27);
    uint32_t extended_c = __get_cpuid(0x80000001, &a, &b, &c, &d) ? c : 0;
    uint32_t leaf7_b = 0, leaf7_c = 0, leaf71_a = 0;
    if (__get_cpuid_count(7, 0, &a, &b, &c, &d)) {
        leaf7_b = b;
        leaf7_c = c;
        if (a >= 1 && __get_cpuid_count(7, 1, &a, &b, &c, &d)) leaf71_a = a;
    }

    bool avx2 = has(leaf1_c, 1U << 28 | 1U << 12) && has(leaf7_b, 1U << 5);
    bool v3 = avx2 && has(leaf1_c, 1U << 22 | 1U << 29) && has(leaf7_b, 1U << 3 | 1U << 8) && has(extended_c, 1U << 5);
    bool avx512 = avx2 && has(leaf7_b, 1U << 16 | 1U << 30 | 1U << 17 | 1U << 31);
    bool v4 = v3 && avx512 && has(leaf7_b, 1U << 28);
    found.cpu |= avx2 ? CPU_AVX2 : 0U;
    found.cpu |= v3 ? CPU_X86_64_V3 : 0U;
    found.cpu |= avx512 ? CPU_AVX512 : 0U;
    found.cpu |= v4 ? CPU_X86_64_V4 : 0U;
    found.cpu |= avx512 && has(leaf7_c, 1U << 11) ? CPU_AVX512VNNI : 0U;
    found.cpu |= avx2 && has(leaf71_a, 1U << 4) ? CPU_AVXVNNI : 0U;

    uint64_t xcr0 = osxsave ? read_xcr0() : 0;
    if ((xcr0 & 0x06) == 0x06) found.os |= CPU_AVX2 | CPU_X86_64_V3 | CPU_AVXVNNI;
    if ((xcr0 & 0xe6) == 0xe6) found.os |= CPU_AVX512 | CPU_X86_64_V4 | CPU_AVX512VNNI;
    return found;
}

#elif defined(__aarch64__)

#include <sys/auxv.h>

/* Bit positions: Linux, arch/arm64/include/uapi/asm/hwcap.h. The kernel reports only what it also saves. */
struct cpu_features cpu_features(void) {
    unsigned long hwcap = getauxval(AT_HWCAP);
    unsigned long hwcap2 = getauxval(AT_HWCAP2);
    unsigned found = 0;
    if (hwcap & 1UL << 1) found |= CPU_NEON;
    if (hwcap & 1UL << 20) found |= CPU_DOTPROD;
    if (hwcap2 & 1UL << 13) found |= CPU_I8MM;
    return (struct cpu_features){found, found};
}

#else

struct cpu_features cpu_features(void) {
    return (struct cpu_features){0, 0};
}

#endif
