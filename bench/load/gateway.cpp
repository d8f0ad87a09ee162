// Two threads: one accepts, shakes hands and answers commands, the other serves established peers, so that a
// storm of handshakes does not delay live connections here, where nobody measures.
#include "gateway.hpp"

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

#include "peer.hpp"

namespace bench {
namespace {

struct Counters {
  std::atomic<std::uint64_t> accepted{0};
  std::atomic<std::uint64_t> established{0};
  std::atomic<std::uint64_t> resumed{0};
  std::atomic<std::uint64_t> failed{0};
  std::atomic<std::uint64_t> open{0};
};

/// Serves peers that are handed over by adding them to its epoll.
class Server {
 public:
  explicit Server(Counters& counters) : counters_(counters) {}

  void adopt(std::unique_ptr<Peer> peer) {
    // Writable at once: the first event is certain even if nothing more arrives.
    const int fd = peer->fd();
    epoll_.add(fd, EPOLLIN | EPOLLOUT, peer.release());
  }

  [[noreturn]] void run() {
    for (;;) {
      for (epoll_event& event : epoll_.wait()) serve(static_cast<Peer*>(event.data.ptr), event.events);
    }
  }

 private:
  void serve(Peer* peer, std::uint32_t events) {
    Peer::State state = Peer::State::open;
    if (events & EPOLLOUT) state = peer->on_writable(scratch_);
    if (state == Peer::State::open && (events & (EPOLLIN | EPOLLHUP | EPOLLERR))) {
      state = peer->on_readable(scratch_);
    }
    if (state == Peer::State::closed) {
      if (!peer->error().empty()) std::fprintf(stderr, "gateway: %s\n", peer->error().c_str());
      delete peer;
      --counters_.open;
      return;
    }
    const bool watched = (events & EPOLLOUT) != 0;
    if (peer->wants_to_write() != watched) {
      epoll_.change(peer->fd(), peer->wants_to_write() ? EPOLLIN | EPOLLOUT : EPOLLIN, peer);
    }
  }

  Counters& counters_;
  Epoll epoll_;
  Scratch scratch_;
};

class Acceptor {
 public:
  Acceptor(Fd listener, SSL_CTX* context, Counters& counters, Server& server)
      : listener_(std::move(listener)), context_(context), counters_(counters), server_(server) {
    epoll_.add(listener_.get(), EPOLLIN, &listener_);
    epoll_.add(STDIN_FILENO, EPOLLIN, nullptr);
  }

  void run() {
    for (;;) {
      for (epoll_event& event : epoll_.wait()) {
        if (event.data.ptr == nullptr) {
          if (!obey()) return;
        } else if (event.data.ptr == &listener_) {
          accept_all();
        } else {
          shake(static_cast<Peer*>(event.data.ptr));
          accept_all();  // thousands at once must not fill the backlog while handshakes take their time
        }
      }
    }
  }

 private:
  bool obey() {
    std::array<char, 4096> line{};
    const ssize_t got = read(STDIN_FILENO, line.data(), line.size());
    if (got <= 0) return false;
    std::printf(
        "{\"accepted\": %llu, \"established\": %llu, \"resumed\": %llu, \"failed\": %llu, \"open\": %llu}\n",
        count(counters_.accepted), count(counters_.established), count(counters_.resumed),
        count(counters_.failed), count(counters_.open));
    std::fflush(stdout);
    return true;
  }

  static unsigned long long count(const std::atomic<std::uint64_t>& counter) { return counter.load(); }

  void accept_all() {
    for (;;) {
      Fd fd(accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
      if (fd.get() < 0) {
        if (errno == EAGAIN || errno == ECONNABORTED) return;
        fail(std::string("accept: ") + std::strerror(errno));
      }
      ++counters_.accepted;
      ++counters_.open;
      auto peer = std::make_unique<Peer>(std::move(fd), context_);
      if (peer->plain()) {
        ++counters_.established;
        server_.adopt(std::move(peer));
      } else {
        const int number = peer->fd();
        epoll_.add(number, EPOLLIN, peer.release());
      }
    }
  }

  void shake(Peer* peer) {
    const Peer::State state = peer->on_handshake_bytes(scratch_);
    if (state == Peer::State::open) return;
    std::unique_ptr<Peer> owner(peer);
    if (state == Peer::State::failed) {
      std::fprintf(stderr, "gateway: handshake: %s\n", peer->error().c_str());
      ++counters_.failed;
      --counters_.open;
      return;
    }
    ++counters_.established;
    if (peer->resumed()) ++counters_.resumed;
    epoll_.remove(peer->fd());
    server_.adopt(std::move(owner));
  }

  Fd listener_;
  SSL_CTX* context_;
  Counters& counters_;
  Server& server_;
  Epoll epoll_;
  Scratch scratch_;
};

}  // namespace

void run_gateway(const TlsSettings* settings) {
  const std::shared_ptr<SSL_CTX> context = settings ? make_context(*settings) : nullptr;
  auto [listener, port] = listen_somewhere();
  Counters counters;
  Server server(counters);
  Acceptor acceptor(std::move(listener), context.get(), counters, server);
  std::thread([&server] { server.run(); }).detach();
  if (settings && settings->live_first) yield_to_others();
  std::printf("{\"port\": %u}\n", unsigned{port});
  std::fflush(stdout);
  acceptor.run();
  std::fflush(nullptr);
  std::_Exit(0);  // the serving thread is in the middle of something
}

}  // namespace bench
