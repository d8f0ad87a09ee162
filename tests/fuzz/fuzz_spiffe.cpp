// What persona-spiffe tells persona: in whatever pieces it comes, it is read or refused, and what is read is
// written as it was meant.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "persona/spiffe/choice.hpp"
#include "persona/spiffe/messages.hpp"

using namespace persona;

namespace {

/// The first message of these bytes; nothing else is looked at.
std::optional<spiffe::Message> first(std::string_view bytes, std::size_t piece) {
  spiffe::FrameReader reader;
  while (!bytes.empty() && !reader.is_lost()) {
    const auto wanted = reader.wanted();
    if (wanted.empty()) {
      std::abort();
    }
    const std::size_t size = std::min({wanted.size(), bytes.size(), piece});
    std::copy_n(bytes.data(), size, wanted.data());
    bytes.remove_prefix(size);
    auto message = reader.got(size);
    if (message && *message) {
      return std::move(**message);
    }
    if (!message && message.error().message.empty()) {
      std::abort();
    }
  }
  return std::nullopt;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto message = first(bytes, 1 + size / 3);
  const auto* update = message ? std::get_if<spiffe::Update>(&*message) : nullptr;
  if (update == nullptr) {
    return 0;
  }
  const auto frame = spiffe::write(*update);
  const auto again = frame ? first(frame->view(), frame->view().size()) : std::nullopt;
  if (!again || std::get<spiffe::Update>(*again).svids.size() != update->svids.size()) {
    std::abort();
  }
  if (const auto svid = spiffe::choose(*update, "")) {
    static_cast<void>(spiffe::bundle_for(*update, **svid, "spiffe://example.org/db"));
  }
  return 0;
}
