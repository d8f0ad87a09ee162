// Names to addresses without blocking the loop (uv_getaddrinfo on libuv's thread pool).
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "persona/base/result.hpp"
#include "persona/net/address.hpp"
#include "persona/net/handle.hpp"
#include "persona/net/loop.hpp"

namespace persona::net {

/// One look-up under way; letting go of it cancels it. Loop's thread only.
class Lookup {
 public:
  using Done = std::function<void(Result<std::vector<SocketAddress>>)>;

  /// `done` is called once, never from within start() and never after the owner has let go. TCP addresses in
  /// the resolver's order, at least one. Null when libuv refuses, with the reason in `error`.
  static HandlePtr<Lookup> start(Loop& loop, const std::string& host, std::uint16_t port, HandleOwner* owner,
                                 Done done, std::string& error);

 private:
  friend struct CloseDeleter;
  Lookup() = default;
  ~Lookup() = default;
  void close();
  static void finished(uv_getaddrinfo_t* request, int status, addrinfo* list);

  uv_getaddrinfo_t request_{};
  HandleOwner* owner_ = nullptr;
  Done done_;
  std::string host_;
  bool pending_ = true;
  bool let_go_ = false;
};

}  // namespace persona::net
