#include "persona/agent/server.hpp"

#include <array>
#include <optional>
#include <string>
#include <utility>

#include "persona/base/text.hpp"
#include "persona/net/descriptor_line.hpp"
#include "persona/net/stream.hpp"
#include "persona/net/timer.hpp"
#include "persona/net/work.hpp"

namespace persona::agent {

/// One connection: a question, an answer. Kept by the handles that it has open.
class Server::Exchange final : public net::HandleOwner,
                               private net::StreamEvents,
                               public std::enable_shared_from_this<Exchange> {
 public:
  Exchange(Server& server, net::UserId user, std::string user_in_words, net::PeerProcess process)
      : server_(&server),
        user_(user),
        user_in_words_(std::move(user_in_words)),
        process_(std::move(process)) {}

  net::UserId user() const { return user_; }

  void start(net::Socket socket) {
    self_ = shared_from_this();
    timer_ = net::Timer::create(server_->loop_, this);
    int error = 0;
    stream_ = net::Stream::reading(server_->loop_, net::Stream::Kind::unix_socket, *this, std::move(socket),
                                   *this, error);
    if (!stream_) {
      end();
      return;
    }
    timer_->start(patience, [this] { end(); });
  }

  /// The server is about to go.
  void let_go() {
    server_ = nullptr;
    work_.reset();
    timer_.reset();
    stream_.reset();
  }

 private:
  struct Job {
    std::shared_ptr<const Keys> keys;
    Question question;
    Result<Bytes> signature = Bytes();
  };

  void on_handles_closed() override {
    const auto last = std::move(self_);  // may free this
  }

  ByteSpan on_buffer() override { return scratch_; }

  void on_read(ByteView bytes) override {
    if (asked_) {
      return;  // whatever it sends after its question
    }
    received_ += as_text(bytes);
    if (const std::size_t size = received_.find('\n'); size != std::string::npos) {
      asked_ = true;
      take(read_question(std::string_view(received_).substr(0, size)));
    } else if (received_.size() > longest_line) {
      asked_ = true;
      refuse("the question is longer than 8192 bytes");
    }
  }

  void on_end(int /*status*/) override {
    // Who ends its half waits for the answer all the same.
    if (!asked_) {
      end();
    }
  }

  void on_written(int /*status*/) override { end(); }

  void take(Result<Question> question) {
    if (!question) {
      tell_refusal(question.error().message, "");
      return;
    }
    const Keys& keys = *server_->keys_;
    const std::string name = keys.name_of(question->key);
    if (name.empty() && server_->beside_.look_again && !looked_again_) {
      look_again(std::move(*question));
      return;
    }
    if (!question->order) {
      if (name.empty()) {
        tell_refusal(keys.rules().missing, name);
      } else {
        send(write_answer({{}, keys.schemes_of(question->key)}));
      }
      return;
    }
    const auto verdict = server_->rate_.take(user_, keys.rules().signatures_per_second, net::precise_now());
    if (verdict != RateLimit::Verdict::granted) {
      const std::string why = fmt::format("this user has had signatures_per_second ({}) of them; try again",
                                          keys.rules().signatures_per_second);
      if (verdict == RateLimit::Verdict::first_refused) {
        tell_refusal(why, name);
      } else {
        refuse(why);
      }
      return;
    }
    sign(std::move(*question), name);
  }

  void look_again(Question question) {
    looked_again_ = true;
    const auto found = std::make_shared<std::shared_ptr<const Keys>>();
    const auto task = [found, look = server_->beside_.look_again] { *found = look(); };
    const auto done = [this, found, question = std::move(question)] {
      server_->use(*found);
      server_->beside_.looked();
      take(question);
    };
    std::string error;
    work_ = net::Work::start(server_->loop_, task, done, error);
    if (!work_) {
      refuse(error);
    }
  }

  void sign(Question question, const std::string& name) {
    const auto job = std::make_shared<Job>(Job{server_->keys_, std::move(question)});
    const auto task = [job] {
      try {
        job->signature = job->keys->sign(job->question.key, *job->question.order);
      } catch (const std::exception& error) {
        job->signature = fail(ErrorKind::internal, "the key could not sign: {}", error.what());
      }
    };
    const auto done = [this, job, name] {
      if (!job->signature) {
        tell_refusal(job->signature.error().message, name);
        return;
      }
      server_->logger_->info(
          "signed", fields({{"certificate", name}, {"signed", to_string(job->question.order->message)}}));
      send(write_answer({*job->signature}));
    };
    std::string error;
    work_ = net::Work::start(server_->loop_, task, done, error);
    if (!work_) {
      tell_refusal(error, name);
    }
  }

  void tell_refusal(const std::string& why, const std::string& name) {
    log::Fields more;
    if (!name.empty()) {
      more.emplace_back("certificate", name);
    }
    server_->log_refusal(why, fields(std::move(more)));
    refuse(why);
  }

  /// Who asks.
  log::Fields fields(log::Fields more) const {
    more.emplace_back("user", user_in_words_);
    more.emplace_back("process", process_.pid);
    if (!process_.program.empty()) {
      more.emplace_back("program", printable(process_.program));
    }
    return more;
  }

  void refuse(const std::string& why) { send(write_refusal(why)); }

  void send(const std::string& line) {
    const std::string whole = line + '\n';
    const auto written = stream_->write(as_bytes(whole));
    if (!written || *written) {
      end();
    }
  }

  /// May free this.
  void end() {
    if (Server* server = std::exchange(server_, nullptr)) {
      const auto keep = shared_from_this();
      server->over(*this);
      let_go();
    }
  }

  Server* server_;  // null: it has ended
  const net::UserId user_;
  const std::string user_in_words_;
  const net::PeerProcess process_;
  std::shared_ptr<Exchange> self_;  // while handles are open
  net::HandlePtr<net::Stream> stream_;
  net::HandlePtr<net::Timer> timer_;
  net::HandlePtr<net::Work> work_;
  std::array<std::uint8_t, 1024> scratch_{};
  std::string received_;
  bool asked_ = false;
  bool looked_again_ = false;
};

Result<std::unique_ptr<Server>> Server::create(net::Loop& loop, const Endpoint& place,
                                               const net::SocketFile& file, std::shared_ptr<const Keys> keys,
                                               std::shared_ptr<log::Logger> logger) {
  auto listener = net::Listener::bind(loop, place, file);
  if (!listener) {
    return tl::unexpected(listener.error());
  }
  std::unique_ptr<Server> server(new Server(loop, std::move(keys), std::move(logger)));
  server->listener_ = std::move(*listener);
  net::Listener::Events events;
  events.accepted = [at = server.get()](net::Socket socket, const net::SocketAddress&) {
    at->accepted(std::move(socket));
  };
  events.resting = [at = server.get()](const std::string& why, Milliseconds rest) {
    at->logger_->warn("cannot accept connections", {{"error", why}, {"retry_ms", rest.count()}});
  };
  server->listener_->start(std::move(events));
  return server;
}

Result<std::unique_ptr<Server>> Server::beside(net::Loop& loop, net::Socket control,
                                               std::shared_ptr<const Keys> keys,
                                               std::shared_ptr<log::Logger> logger, Beside events) {
  std::unique_ptr<Server> server(new Server(loop, std::move(keys), std::move(logger)));
  server->control_ = std::move(control);
  server->beside_ = std::move(events);
  auto watch =
      net::ReadWatch::create(loop, server->control_, [at = server.get()] { at->take_connections(); });
  if (!watch) {
    return tl::unexpected(watch.error());
  }
  server->watch_ = std::move(*watch);
  return server;
}

Server::Server(net::Loop& loop, std::shared_ptr<const Keys> keys, std::shared_ptr<log::Logger> logger)
    : loop_(loop), keys_(std::move(keys)), logger_(std::move(logger)) {}

void Server::take_connections() {
  std::array<char, 1> byte{};
  std::deque<net::Socket> sockets;
  const std::ptrdiff_t size = net::receive_with_descriptors(control_, byte, sockets);
  if (size == 0 || (size < 0 && size != UV_EAGAIN)) {
    watch_.reset();
    const auto gone = beside_.gone;
    gone();  // may free this
    return;
  }
  for (net::Socket& each : sockets) {
    accepted(std::move(each));
  }
}

Server::~Server() {
  for (const auto& [key, exchange] : exchanges_) {
    exchange->let_go();
  }
}

void Server::accepted(net::Socket socket) {
  const auto user = net::peer_user(socket);
  const auto refuse = [&](const std::string& why) {
    // Nothing has been read: who sends now finds that we have hung up, and reads why.
    static_cast<void>(net::DescriptorLine(std::move(socket)).send(write_refusal(why)));
  };
  if (!user) {
    refuse(user.error().message);
    return;
  }
  const std::string* words = keys_->words_of(*user);
  if (words == nullptr) {
    // Without the user's name: to look for it may block.
    const std::string why = fmt::format("the user of uid {} is not in allow_users of the agent", *user);
    log_refusal(why, {{"process", net::peer_process(socket).pid}});
    refuse(why);
    return;
  }
  if (exchanges_.size() >= most_exchanges || of_user_[*user] >= most_of_a_user) {
    refuse("too many ask at once; try again");
    return;
  }
  ++of_user_[*user];
  const auto exchange = std::make_shared<Exchange>(*this, *user, *words, net::peer_process(socket));
  exchanges_.emplace(exchange.get(), exchange);
  exchange->start(std::move(socket));
}

void Server::log_refusal(const std::string& why, log::Fields fields) {
  constexpr net::UserId all = net::root;  // one bucket
  if (refusals_.take(all, refusals_logged, net::precise_now()) == RateLimit::Verdict::granted) {
    fields.emplace_back("error", why);
    logger_->warn("refused to sign", fields);
  }
}

void Server::over(Exchange& exchange) {
  const auto found = of_user_.find(exchange.user());
  if (found != of_user_.end() && --found->second == 0) {
    of_user_.erase(found);
  }
  exchanges_.erase(&exchange);
}

}  // namespace persona::agent
