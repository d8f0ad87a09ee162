#include "persona/net/resolver.hpp"

#include <utility>

#include "persona/net/error.hpp"

namespace persona::net {

HandlePtr<Lookup> Lookup::start(Loop& loop, const std::string& host, std::uint16_t port, HandleOwner* owner,
                                Done done, std::string& error) {
  auto* lookup = new Lookup;
  lookup->request_.data = lookup;
  lookup->host_ = host;
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  const std::string service = std::to_string(port);
  if (int code = uv_getaddrinfo(loop.uv(), &lookup->request_, &Lookup::finished, host.c_str(),
                                service.c_str(), &hints);
      code != 0) {
    error = fmt::format("cannot resolve {}: {}", host, error_words(code));
    delete lookup;
    return nullptr;
  }
  lookup->owner_ = owner;
  lookup->done_ = std::move(done);
  return HandlePtr<Lookup>(lookup);
}

void Lookup::close() {
  if (!pending_) {
    HandleOwner* owner = owner_;
    delete this;
    if (owner != nullptr) {
      owner->on_handle_closed();
    }
    return;
  }
  let_go_ = true;
  done_ = nullptr;
  // It fails when the look-up already runs on a pool thread; finished() then comes later, and finds let_go_.
  static_cast<void>(uv_cancel(reinterpret_cast<uv_req_t*>(&request_)));
}

void Lookup::finished(uv_getaddrinfo_t* request, int status, addrinfo* list) {
  auto* lookup = static_cast<Lookup*>(request->data);
  lookup->pending_ = false;
  Result<std::vector<SocketAddress>> result;
  if (status != 0) {
    result = fail(ErrorKind::network, "cannot resolve {}: {}", lookup->host_, error_words(status));
  } else {
    for (const addrinfo* entry = list; entry != nullptr; entry = entry->ai_next) {
      if (entry->ai_family == AF_INET || entry->ai_family == AF_INET6) {
        result->emplace_back(entry->ai_addr);
      }
    }
    if (result->empty()) {
      result = fail(ErrorKind::network, "cannot resolve {}: it has no IP address", lookup->host_);
    }
  }
  uv_freeaddrinfo(list);
  if (lookup->let_go_) {
    lookup->close();
    return;
  }
  // Moved out first: the callback may let go of the look-up.
  const auto done = std::move(lookup->done_);
  done(std::move(result));
}

}  // namespace persona::net
