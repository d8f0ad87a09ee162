#include "log_destination.hpp"

namespace persona::log {

Result<DefaultSink> default_sink() {
  auto sink = standard_error();
  if (!sink) {
    return tl::unexpected(sink.error());
  }
  return DefaultSink{std::move(*sink)};
}

}  // namespace persona::log
