#include "persona/admin/server.hpp"

#include <array>
#include <string>
#include <utility>

#include "persona/net/stream.hpp"
#include "persona/net/timer.hpp"

namespace persona::admin {

/// One connection. Kept by the handles that it has open.
class Server::Exchange final : public net::StreamEvents, public std::enable_shared_from_this<Exchange> {
 public:
  Exchange(net::Loop& loop, Answer answer) : loop_(loop), answer_(std::move(answer)) {}

  void start(net::Socket socket, net::Stream::Kind kind) {
    timer_ = net::Timer::create(loop_, this);
    opened();
    int error = 0;
    stream_ = net::Stream::create(loop_, kind, *this, error);
    if (stream_) {
      opened();
      error = stream_->adopt(std::move(socket));
    }
    if (error == 0) {
      error = stream_->start_reading();
    }
    if (error != 0) {
      let_go();
      return;
    }
    timer_->start(patience, [this] { let_go(); });
  }

  void let_go() {
    timer_.reset();
    stream_.reset();
  }

 private:
  void opened() {
    ++open_handles_;
    self_ = shared_from_this();
  }

  void on_handle_closed() override {
    if (--open_handles_ == 0) {
      const auto last = std::move(self_);  // may free this
    }
  }

  void on_connected(net::Stream&, int) override {}
  ByteSpan on_buffer(net::Stream&) override { return scratch_; }

  void on_read(net::Stream&, ByteView bytes) override {
    if (answered_) {
      return;  // whatever it sends after its request
    }
    received_ += as_text(bytes);
    if (const auto size = head_size(received_); size && *size <= longest_head) {
      answer(parse_request(std::string_view(received_).substr(0, *size)));
    } else if (received_.size() > longest_head) {
      send({431, "text/plain; charset=utf-8", "the request is too long\n"}, true);
    }
  }

  void on_end(net::Stream&, int) override { let_go(); }

  void on_written(net::Stream&, int status) override {
    if (status != 0) {
      let_go();
    } else {
      finish();
    }
  }

  void answer(const std::optional<Request>& request) {
    if (!request) {
      send({400, "text/plain; charset=utf-8", "this is not an HTTP request\n"}, true);
    } else if (request->method != "GET" && request->method != "HEAD") {
      send({405, "text/plain; charset=utf-8", "only GET and HEAD are answered\n"}, true);
    } else {
      send(answer_(*request), request->method == "GET");
    }
  }

  void send(const Response& response, bool with_body) {
    answered_ = true;
    received_.clear();
    const auto written = stream_->write(as_bytes(render(response, with_body)));
    if (!written) {
      let_go();
    } else if (*written) {
      finish();
    }
  }

  // Wait for the other side's end, or the timer: closing now could reset the connection and lose the answer.
  void finish() {
    if (stream_ && stream_->shutdown() != 0) {
      let_go();
    }
  }

  net::Loop& loop_;
  Answer answer_;
  std::shared_ptr<Exchange> self_;
  unsigned open_handles_ = 0;
  net::HandlePtr<net::Stream> stream_;
  net::HandlePtr<net::Timer> timer_;
  std::array<std::uint8_t, 2048> scratch_{};
  std::string received_;
  bool answered_ = false;
};

Result<std::unique_ptr<Server>> Server::create(net::Loop& loop, const Endpoint& endpoint, Answer answer) {
  auto listener = net::Listener::bind(loop, endpoint);
  if (!listener) {
    return tl::unexpected(listener.error());
  }
  return std::unique_ptr<Server>(new Server(loop, std::move(*listener), std::move(answer)));
}

Server::Server(net::Loop& loop, net::HandlePtr<net::Listener> listener, Answer answer)
    : loop_(loop), listener_(std::move(listener)), answer_(std::move(answer)) {
  net::Listener::Events events;
  events.accepted = [this](net::Socket socket, const net::SocketAddress&) { accepted(std::move(socket)); };
  events.resting = [](const std::string&, Milliseconds) {};  // the services' listeners report it
  listener_->start(std::move(events));
}

Server::~Server() {
  for (const auto& each : exchanges_) {
    if (const auto exchange = each.lock()) {
      exchange->let_go();
    }
  }
}

void Server::accepted(net::Socket socket) {
  exchanges_.remove_if([](const auto& each) { return each.expired(); });
  if (exchanges_.size() >= most_exchanges) {
    return;  // closes it
  }
  auto exchange = std::make_shared<Exchange>(loop_, answer_);
  exchanges_.push_back(exchange);
  exchange->start(std::move(socket),
                  local().is_unix() ? net::Stream::Kind::unix_socket : net::Stream::Kind::tcp);
}

}  // namespace persona::admin
