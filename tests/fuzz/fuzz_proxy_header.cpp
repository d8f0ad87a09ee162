// What a load balancer sends first: no byte behind the header is wanted, it makes no difference how it was
// cut, and sentences are printable. The first byte is the size of pieces.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "persona/base/text.hpp"
#include "persona/dialect/proxy_header.hpp"

using namespace persona;
using namespace persona::dialect;

namespace {

void require(bool holds) {
  if (!holds) {
    std::abort();
  }
}

struct Taken {
  ProxyHeaderReader reader;
  ProxyHeaderReader::State state = ProxyHeaderReader::State::wants_more;
  std::size_t size = 0;
};

Taken take(ByteView bytes, std::size_t piece) {
  Taken run;
  while (run.size < bytes.size() && run.reader.wanted() > 0) {
    const std::size_t size = std::min({piece, run.reader.wanted(), bytes.size() - run.size});
    run.state = run.reader.received(bytes.subspan(run.size, size));
    run.size += size;
  }
  const bool failed = run.state == ProxyHeaderReader::State::failed;
  require(failed != run.reader.error().empty());
  require(run.reader.error().size() < 500 && printable(run.reader.error()) == run.reader.error());
  require((run.reader.wanted() > 0) == (run.state == ProxyHeaderReader::State::wants_more));
  require(run.size <= 16 + ProxyHeaderReader::longest_body);
  require(!run.reader.source() || run.state == ProxyHeaderReader::State::complete);
  return run;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) {
    return 0;
  }
  const ByteView bytes(data + 1, size - 1);
  const Taken whole = take(bytes, bytes.size() + 1);
  for (const std::size_t piece : {std::size_t{1}, std::size_t{1} + data[0]}) {
    const Taken other = take(bytes, piece);
    require(whole.state == other.state);
    require(whole.state != ProxyHeaderReader::State::complete || whole.size == other.size);
    const auto& one = whole.reader.source();
    const auto& two = other.reader.source();
    require(one.has_value() == two.has_value() &&
            (!one || (one->address == two->address && one->port == two->port)));
  }
  return 0;
}
