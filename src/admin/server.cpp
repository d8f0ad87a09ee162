#include "persona/admin/server.hpp"

#include <array>
#include <string>
#include <utility>

#include "persona/net/stream.hpp"
#include "persona/net/timer.hpp"

namespace persona::admin {

/// One connection. Kept by the handles that it has open.
class Server::Exchange final : public net::HandleOwner,
                               private net::StreamEvents,
                               public std::enable_shared_from_this<Exchange> {
 public:
  Exchange(net::Loop& loop, net::Stream::Kind kind, Answer answer)
      : loop_(loop), kind_(kind), answer_(std::move(answer)) {}

  void start(net::Socket socket) {
    self_ = shared_from_this();
    timer_ = net::Timer::create(loop_, this);
    int error = 0;
    stream_ = net::Stream::create(loop_, kind_, *this, error);
    if (stream_) {
      stream_->tell(this);
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
  void on_handles_closed() override {
    const auto last = std::move(self_);  // may free this
  }

  ByteSpan on_buffer() override { return scratch_; }

  void on_read(ByteView bytes) override {
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

  void on_end(int) override { let_go(); }

  void on_written(int status) override {
    if (status != 0) {
      let_go();
    } else {
      finish();
    }
  }

  void answer(const std::optional<Request>& request) {
    if (!request) {
      send({400, "text/plain; charset=utf-8", "this is not an HTTP request\n"}, true);
    } else if (!is_for_us(*request)) {
      send({421, "text/plain; charset=utf-8",
            "only requests for an address or localhost are answered (http://127.0.0.1/, http://[::1]/, "
            "http://localhost/, each with the port): another name could be that of a web page that wants to "
            "read this (DNS rebinding)\n"},
           true);
    } else if (request->method != "GET" && request->method != "HEAD") {
      send({405, "text/plain; charset=utf-8", "only GET and HEAD are answered\n"}, true);
    } else {
      send(answer_(*request), request->method == "GET");
    }
  }

  // No browser can be made to open a Unix socket.
  bool is_for_us(const Request& request) const {
    return kind_ == net::Stream::Kind::unix_socket || !request.host || is_host_of_this_machine(*request.host);
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
  const net::Stream::Kind kind_;
  Answer answer_;
  std::shared_ptr<Exchange> self_;  // while handles are open
  net::HandlePtr<net::Stream> stream_;
  net::HandlePtr<net::Timer> timer_;
  std::array<std::uint8_t, 2048> scratch_{};
  std::string received_;
  bool answered_ = false;
};

Result<std::unique_ptr<Server>> Server::create(net::Loop& loop, const Endpoint& endpoint, Answer answer) {
  auto listeners = net::Listener::bind_all(loop, endpoint);
  if (!listeners) {
    return tl::unexpected(listeners.error());
  }
  return std::unique_ptr<Server>(new Server(loop, std::move(*listeners), std::move(answer)));
}

Server::Server(net::Loop& loop, std::vector<net::HandlePtr<net::Listener>> listeners, Answer answer)
    : loop_(loop), listeners_(std::move(listeners)), answer_(std::move(answer)) {
  for (const auto& listener : listeners_) {
    const auto kind = listener->local().is_unix() ? net::Stream::Kind::unix_socket : net::Stream::Kind::tcp;
    net::Listener::Events events;
    events.accepted = [this, kind](net::Socket socket, const net::SocketAddress&) {
      accepted(std::move(socket), kind);
    };
    events.resting = [](const std::string&, Milliseconds) {};  // the services' listeners report it
    listener->start(std::move(events));
  }
}

std::vector<Endpoint> Server::local() const {
  std::vector<Endpoint> addresses;
  for (const auto& listener : listeners_) {
    addresses.push_back(listener->local());
  }
  return addresses;
}

Server::~Server() {
  for (const auto& each : exchanges_) {
    if (const auto exchange = each.lock()) {
      exchange->let_go();
    }
  }
}

void Server::accepted(net::Socket socket, net::Stream::Kind kind) {
  exchanges_.remove_if([](const auto& each) { return each.expired(); });
  if (exchanges_.size() >= most_exchanges) {
    exchanges_.front().lock()->let_go();
    exchanges_.pop_front();
  }
  auto exchange = std::make_shared<Exchange>(loop_, kind, answer_);
  exchanges_.push_back(exchange);
  exchange->start(std::move(socket));
}

}  // namespace persona::admin
