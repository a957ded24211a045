#include "analyzer/findings/huge_pages.h"

#include <sys/mman.h>

#include <cstdlib>
#include <new>

namespace beamtape {

void* allocate_huge_pages(std::size_t bytes) {
  constexpr std::size_t kPage = std::size_t{2} << 20;
  bytes = (bytes + kPage - 1) / kPage * kPage;
  void* memory = std::aligned_alloc(kPage, bytes);
  if (memory == nullptr) throw std::bad_alloc();
  static_cast<void>(madvise(memory, bytes, MADV_HUGEPAGE));  // without, it is but slower
  return memory;
}

void free_huge_pages(void* memory) { std::free(memory); }

}  // namespace beamtape
