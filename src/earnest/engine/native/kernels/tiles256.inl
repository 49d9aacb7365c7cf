// Products in registers of 256 bits: three rows by two groups. The instruction set gives `dot<Bytes>(acc, a, b)`.

template <bool Bytes, int MR, int NR>
void tile(const Product& p, int row, int group) {
  __m256i acc[MR][2 * NR];
  unrolled<2 * NR>(EARNEST_EACH(n) {
    const __m256i init = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p.init + group * kGroup + n * 8));
    unrolled<MR>(EARNEST_EACH(r) { acc[r][n] = init; });
  });
  const char* a = static_cast<const char*>(p.a) + row * p.a_stride;
  const char* b = static_cast<const char*>(p.b) + group * p.b_stride;
  const ptrdiff_t a_stride = p.a_stride, b_stride = p.b_stride;
  for (int k = 0; k < p.depth; ++k, a += 4, b += kGroupBytes) {
    __m256i columns[2 * NR];
    unrolled<2 * NR>(EARNEST_EACH(n) {
      columns[n] = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(b + (n / 2) * b_stride + (n % 2) * 32));
    });
    unrolled<MR>(EARNEST_EACH(r) {
      int32_t codes = 0;
      __builtin_memcpy(&codes, a + r * a_stride, 4);
      const __m256i broadcast = _mm256_set1_epi32(codes);
      unrolled<2 * NR>(EARNEST_EACH(n) { acc[r][n] = dot<Bytes>(acc[r][n], broadcast, columns[n]); });
    });
  }
  alignas(32) int32_t sums[NR * kGroup];
  unrolled<MR>(EARNEST_EACH(r) {
    unrolled<2 * NR>(EARNEST_EACH(n) { _mm256_store_si256(reinterpret_cast<__m256i*>(sums + n * 8), acc[r][n]); });
    const int column = group * kGroup, count = smaller(NR * kGroup, p.columns - column);
    char* out = static_cast<char*>(p.out) + (row + r) * p.out_stride;
    if (p.requantize == nullptr) {
      __builtin_memcpy(out + column * 4, sums, static_cast<size_t>(count) * 4);
      return;
    }
    with_type(p.requantize->type, [&](auto* tag) {
      auto* to = reinterpret_cast<decltype(tag)>(out) + column;
      for (int c = 0; c < count; ++c)
        to[c] = static_cast<std::remove_reference_t<decltype(*to)>>(requantized(sums[c], *p.requantize, column + c));
    });
  });
}

template <bool Bytes, int NR>
void rows_of_tiles(const Product& p, int group) {
  int row = 0;
  for (; row + 3 <= p.rows; row += 3) tile<Bytes, 3, NR>(p, row, group);
  if (p.rows - row == 2) tile<Bytes, 2, NR>(p, row, group);
  if (p.rows - row == 1) tile<Bytes, 1, NR>(p, row, group);
}

template <bool Bytes>
void tiled_product(const Product& p) {
  const int groups = (p.columns + kGroup - 1) / kGroup;
  int group = 0;
  for (; group + 2 <= groups; group += 2) rows_of_tiles<Bytes, 2>(p, group);
  if (group < groups) rows_of_tiles<Bytes, 1>(p, group);
}
