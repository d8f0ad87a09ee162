#include "persona/admin/server.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "answer_queue.hpp"
#include "persona/admin/rules.hpp"
#include "persona/net/stream.hpp"
#include "persona/net/timer.hpp"

namespace persona::admin {

/// One connection. Kept by the handles that it has open.
class Server::Exchange final : public net::HandleOwner,
                               private net::StreamEvents,
                               public std::enable_shared_from_this<Exchange> {
 public:
  Exchange(net::Loop& loop, net::Stream::Kind kind, std::shared_ptr<AnswerQueue> answers)
      : loop_(loop), kind_(kind), answers_(std::move(answers)) {}

  void start(net::Socket socket) {
    self_ = shared_from_this();
    timer_ = net::Timer::create(loop_, this);
    int error = 0;
    stream_ = net::Stream::reading(loop_, kind_, *this, std::move(socket), *this, error);
    if (!stream_) {
      let_go();
      return;
    }
    timer_->start(patience, [this] { cut_off(); });
  }

  /// The system is to keep nothing for a client that does not read either.
  void cut_off() {
    if (stream_) {
      stream_->reset_on_close();
    }
    let_go();
  }

  /// It has asked.
  bool awaits_answer() const { return awaits_answer_; }

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
    if (request_) {
      take_body(bytes.size());
      return;
    }
    received_ += as_text(bytes);
    if (const auto size = head_size(received_); size && *size <= longest_head) {
      take_head(*size);
    } else if (received_.size() > longest_head) {
      refuse(431, "the request is too long");
    }
  }

  void on_end(int status) override {
    ended_ = true;
    if (status != 0 || !awaits_answer_) {
      let_go();
    }
  }

  void on_written(int status) override {
    if (status != 0) {
      let_go();
    } else {
      finish();
    }
  }

  void take_head(std::size_t size) {
    request_ = parse_request(std::string_view(received_).substr(0, size));
    const std::size_t rest = received_.size() - size;
    received_ = {};
    if (!request_) {
      refuse(400, "this is not an HTTP request");
      return;
    }
    const Door door = kind_ == net::Stream::Kind::unix_socket
                          ? Door::unix_socket
                          : door_of(stream_->local().ip(), stream_->peer().ip());
    if (const auto refused = refusal(*request_, door)) {
      send(*refused, request_->method != "HEAD");
      return;
    }
    missing_ = request_->content_length;
    take_body(rest);
  }

  // It means nothing, but to close without having read it would reset the connection.
  void take_body(std::size_t size) {
    missing_ -= std::min<std::uint64_t>(size, missing_);
    if (missing_ == 0) {
      answered_ = true;
      awaits_answer_ = true;
      answers_->add(
          *request_, weak_from_this(),
          [weak = weak_from_this(), with_body = request_->method != "HEAD"](const Response& response) {
            if (const auto exchange = weak.lock()) {
              exchange->awaits_answer_ = false;
              exchange->send(response, with_body);
            }
          });
    }
  }

  void refuse(int status, const std::string& sentence) {
    send({status, "text/plain; charset=utf-8", sentence + "\n"}, true);
  }

  void send(const Response& response, bool with_body) {
    if (!stream_) {
      return;  // it was let go while the answer was made
    }
    answered_ = true;
    const auto written = stream_->write(as_bytes(render(response, with_body)));
    if (!written) {
      let_go();
    } else if (*written) {
      finish();
    }
  }

  // Wait for the other side's end, or the timer: closing now could reset the connection and lose the answer.
  void finish() {
    if (ended_ || (stream_ && stream_->shutdown() != 0)) {
      let_go();
    }
  }

  net::Loop& loop_;
  const net::Stream::Kind kind_;
  const std::shared_ptr<AnswerQueue> answers_;
  std::shared_ptr<Exchange> self_;  // while handles are open
  net::HandlePtr<net::Stream> stream_;
  net::HandlePtr<net::Timer> timer_;
  std::array<std::uint8_t, 2048> scratch_{};
  std::string received_;            // of the head
  std::optional<Request> request_;  // once its head is there
  std::uint64_t missing_ = 0;       // of its body
  bool answered_ = false;
  bool awaits_answer_ = false;
  bool ended_ = false;  // the other side's requests have
};

Result<std::unique_ptr<Server>> Server::create(net::Loop& loop, const Endpoint& endpoint,
                                               const net::SocketFile& file, Answer answer) {
  auto listeners = net::Listener::bind_all(loop, endpoint, {}, file);
  if (!listeners) {
    return tl::unexpected(listeners.error());
  }
  return std::unique_ptr<Server>(new Server(loop, std::move(*listeners), std::move(answer)));
}

Server::Server(net::Loop& loop, std::vector<net::HandlePtr<net::Listener>> listeners, Answer answer)
    : loop_(loop),
      listeners_(std::move(listeners)),
      answers_(std::make_shared<AnswerQueue>(loop, std::move(answer))) {
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
  answers_->close();
  for (const auto& each : exchanges_) {
    if (const auto exchange = each.lock()) {
      exchange->let_go();
    }
  }
}

void Server::accepted(net::Socket socket, net::Stream::Kind kind) {
  exchanges_.remove_if([](const auto& each) { return each.expired(); });
  if (exchanges_.size() >= most_exchanges) {
    const auto idle = std::find_if(exchanges_.begin(), exchanges_.end(),
                                   [](const auto& each) { return !each.lock()->awaits_answer(); });
    const auto oldest = idle == exchanges_.end() ? exchanges_.begin() : idle;
    oldest->lock()->cut_off();
    exchanges_.erase(oldest);
  }
  auto exchange = std::make_shared<Exchange>(loop_, kind, answers_);
  exchanges_.push_back(exchange);
  exchange->start(std::move(socket));
}

}  // namespace persona::admin
