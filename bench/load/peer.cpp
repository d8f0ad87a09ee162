#include "peer.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <sys/socket.h>

namespace bench {

Peer::Peer(Fd fd, SSL_CTX* context) : fd_(std::move(fd)) {
  set_nodelay(fd_.get());
  if (context) tls_ = std::make_unique<TlsSession>(context);
}

Peer::State Peer::on_handshake_bytes(Scratch& scratch) {
  const ssize_t got = recv(fd_.get(), scratch.in.data(), scratch.in.size(), 0);
  if (got < 0 && errno == EAGAIN) return State::open;
  if (got <= 0) {
    error_ = got == 0 ? "the forwarder ended the connection in the handshake" : std::strerror(errno);
    return State::failed;
  }
  tls_->feed({scratch.in.data(), static_cast<std::size_t>(got)});
  scratch.out.clear();
  const TlsSession::Status status = tls_->accept(scratch.out);
  if (status != TlsSession::Status::ok && status != TlsSession::Status::more) error_ = TlsSession::error();
  if (!flush(scratch.out) && error_.empty()) error_ = "the forwarder takes nothing in the handshake";
  if (!error_.empty()) return State::failed;
  if (status == TlsSession::Status::more) return State::open;
  tls_->hold();
  return State::established;
}

Peer::State Peer::on_readable(Scratch& scratch) {
  const ssize_t got = recv(fd_.get(), scratch.in.data(), scratch.in.size(), 0);
  if (got < 0 && errno == EAGAIN) return State::open;
  if (got <= 0) return State::closed;
  const Bytes bytes{scratch.in.data(), static_cast<std::size_t>(got)};
  scratch.out.clear();
  State state = State::open;
  if (tls_) {
    tls_->feed(bytes);
    state = unseal(scratch);
  } else {
    state = handle(bytes, scratch.out);
  }
  return flush(scratch.out) ? state : State::closed;
}

Peer::State Peer::on_writable(Scratch& scratch) {
  scratch.out.clear();
  // What came together with the end of the handshake waits for no event of the socket.
  if (tls_ && !serving_ && unseal(scratch) == State::closed) return State::closed;
  if (!flush(scratch.out)) return State::closed;
  if (pending_.empty() && to_send_ > 0) {
    scratch.out.clear();
    produce(scratch);
    if (!flush(scratch.out)) return State::closed;
  }
  return State::open;
}

Peer::State Peer::unseal(Scratch& scratch) {
  for (;;) {
    std::size_t size = 0;
    switch (tls_->read(scratch.plain, size, scratch.out)) {
      case TlsSession::Status::ok:
        if (handle({scratch.plain.data(), size}, scratch.out) == State::closed) return State::closed;
        break;
      case TlsSession::Status::more:
        return State::open;
      case TlsSession::Status::ended:
        tls_->close_notify(scratch.out);
        return State::closed;
      case TlsSession::Status::failed:
        error_ = TlsSession::error();
        return State::closed;
    }
  }
}

Peer::State Peer::handle(Bytes bytes, Outbox& out) {
  while (!bytes.empty()) {
    if (!serving_) {
      const std::size_t count = std::min(bytes.size(), request_size - request_size_);
      std::memcpy(request_bytes_.data() + request_size_, bytes.data(), count);
      request_size_ += count;
      bytes = bytes.subspan(count);
      if (request_size_ == request_size) begin(Request::decode(request_bytes_));
      continue;
    }
    switch (*serving_) {
      case Kind::echo:
        emit(bytes, out);
        return State::open;
      case Kind::upload: {
        const std::uint64_t count = std::min<std::uint64_t>(bytes.size(), to_receive_);
        to_receive_ -= count;
        bytes = bytes.subspan(static_cast<std::size_t>(count));
        if (to_receive_ == 0) {
          emit(Bytes{&received, 1}, out);
          serving_.reset();
        }
        break;
      }
      default:
        error_ = "an unknown request, or bytes during a download";
        return State::closed;
    }
  }
  return State::open;
}

void Peer::begin(Request request) {
  request_size_ = 0;
  serving_ = request.kind;
  (request.kind == Kind::upload ? to_receive_ : to_send_) = request.kind == Kind::echo ? 0 : request.size;
}

void Peer::produce(Scratch& scratch) {
  const std::uint64_t count = std::min<std::uint64_t>(scratch.plain.size(), to_send_);
  emit({scratch.plain.data(), static_cast<std::size_t>(count)}, scratch.out);
  to_send_ -= count;
  if (to_send_ == 0) serving_.reset();
}

void Peer::emit(Bytes plaintext, Outbox& out) {
  if (tls_) {
    tls_->write(plaintext, out);
  } else {
    out.insert(out.end(), plaintext.begin(), plaintext.end());
  }
}

bool Peer::flush(Outbox& out) {
  const bool old = !pending_.empty();
  if (old) pending_.insert(pending_.end(), out.begin(), out.end());
  const Bytes all = old ? Bytes(pending_) : Bytes(out);
  if (all.empty()) return true;
  const ssize_t sent = send(fd_.get(), all.data(), all.size(), MSG_NOSIGNAL);
  if (sent < 0 && errno != EAGAIN) return false;
  const auto rest = all.subspan(static_cast<std::size_t>(std::max<ssize_t>(sent, 0)));
  if (old || !rest.empty()) pending_ = std::vector<std::uint8_t>(rest.begin(), rest.end());
  return true;
}

}  // namespace bench
