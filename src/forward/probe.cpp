#include "persona/forward/probe.hpp"

#include <utility>
#include <vector>

#include "persona/net/error.hpp"
#include "persona/net/stream.hpp"
#include "persona/net/timer.hpp"

namespace persona::forward {

namespace {

constexpr std::size_t read_size = std::size_t{64} * 1024;

Milliseconds limit_of(Milliseconds timeout) {
  return timeout.count() > 0 ? timeout : Probe::patience;
}

}  // namespace

/// Kept by its probe, by the handles that it has open, and by a step that is with the pool.
class Probe::Attempt final : public net::StreamEvents, public std::enable_shared_from_this<Attempt> {
 public:
  Attempt(net::Loop& loop, HandshakePool& pool, net::Resolver& resolver,
          std::shared_ptr<const Generation> generation, std::function<void(const Outcome&)> done)
      : loop_(loop),
        pool_(pool),
        resolver_(resolver),
        generation_(std::move(generation)),
        done_(std::move(done)) {}

  void start() {
    timer_ = net::Timer::create(loop_, this);
    opened();
    order_ = generation_->targets().order(net::now(loop_));
    // Not at once: `done` must not be called from within the constructor.
    timer_->start(Milliseconds(0), [this] { dial(); });
  }

  void stop() {
    done_ = nullptr;
    let_go();
  }

 private:
  const Endpoint& target() const { return generation_->targets().at(order_[tried_]); }

  void opened() {
    ++open_handles_;
    self_ = shared_from_this();
  }

  void on_handle_closed() override {
    if (--open_handles_ == 0) {
      const auto last = std::move(self_);  // may free this
    }
  }

  void let_go() {
    drop_session();
    lookup_.reset();
    timer_.reset();
    stream_.reset();
  }

  void drop_session() {
    if (job_) {
      job_->abandoned = true;
    }
    job_.reset();
    session_.reset();
    held_.release();
    ended_.reset();
    step_out_ = false;
  }

  void finish(std::optional<Reason> failed, std::string error) {
    outcome_.failed = failed;
    outcome_.error = std::move(error);
    let_go();
    if (const auto done = std::exchange(done_, nullptr)) {
      done(outcome_);
    }
  }

  void fail(Reason reason, const std::string& error) {
    drop_session();
    lookup_.reset();
    stream_.reset();  // by FIN: an alert may be on its way
    timer_->stop();
    if (next_address_ < addresses_.size()) {
      connect();
    } else if (tried_ + 1 < order_.size()) {
      ++tried_;
      dial();
    } else {
      finish(reason, error);
    }
  }

  void dial() {
    started_ = net::precise_now();
    addresses_.clear();
    next_address_ = 0;
    outcome_.target = target().to_string();
    if (!generation_->dial_rules().admits_host(target().host)) {
      fail(Reason::dial_failed, generation_->dial_rules().refusal_of_host(target().host));
      return;
    }
    if (auto numeric = net::SocketAddress::from_numeric(target().host, target().port)) {
      addresses_.push_back(*numeric);
      connect_if_allowed();
      return;
    }
    const Milliseconds limit = limit_of(generation_->config().timeouts.connect);
    timer_->start(
        limit, [this, limit] { fail(Reason::dial_timeout, lookup_->timed_out("timeouts.connect", limit)); });
    const auto resolved = [this](Result<std::vector<net::SocketAddress>> found) {
      lookup_.reset();
      if (!found) {
        fail(Reason::dial_failed, found.error().message);
        return;
      }
      addresses_ = std::move(*found);
      connect_if_allowed();
    };
    opened();
    lookup_ = net::Lookup::start(loop_, resolver_, generation_->config().name, target().host, target().port,
                                 this, resolved);
  }

  void connect_if_allowed() {
    std::vector<IpAddress> refused;
    std::erase_if(addresses_, [&](const net::SocketAddress& address) {
      const auto ip = address.ip();
      if (!ip || generation_->dial_rules().admits(*ip)) {
        return false;
      }
      refused.push_back(*ip);
      return true;
    });
    if (addresses_.empty()) {
      fail(Reason::dial_failed, generation_->dial_rules().refusal_of(target().host, refused));
    } else {
      connect();
    }
  }

  void connect() {
    const net::SocketAddress address = addresses_[next_address_++];
    outcome_.target = address.to_string();
    const Milliseconds limit = limit_of(generation_->config().timeouts.connect);
    timer_->start(limit, [this, limit] {
      fail_connect(Reason::dial_timeout,
                   fmt::format("no answer within timeouts.connect ({})", format_duration(limit)));
    });
    int error = 0;
    stream_ = net::Stream::create(loop_, net::Stream::Kind::tcp, *this, error);
    if (stream_) {
      opened();
      error = stream_->connect(address);
    }
    if (error != 0) {
      fail_connect(Reason::dial_failed, net::error_words(error));
    }
  }

  void fail_connect(Reason reason, const std::string& why) {
    const std::string name = target().to_string();
    fail(reason, name == outcome_.target
                     ? fmt::format("cannot connect to {}: {}", name, why)
                     : fmt::format("cannot connect to {} ({}): {}", name, outcome_.target, why));
  }

  void on_connected(net::Stream&, int status) override {
    if (!stream_) {
      return;
    }
    if (status != 0) {
      fail_connect(Reason::dial_failed, net::error_words(status));
      return;
    }
    outcome_.connect = net::precise_now() - started_;
    started_ = net::precise_now();
    const Milliseconds limit = limit_of(generation_->config().timeouts.handshake);
    timer_->start(limit, [this, limit] {
      fail(Reason::handshake_timeout,
           fmt::format("the gateway did not finish the TLS handshake within timeouts.handshake ({})",
                       format_duration(limit)));
    });
    // No address: no ticket is offered or kept.
    job_ = std::make_shared<HandshakeJob>(generation_->tls(),
                                          tls::Handshake::Target{generation_->server_name(target()), {}});
    if (const int error = stream_->start_reading(); error != 0) {
      fail(Reason::gateway_reset, net::error_words(error));
      return;
    }
    step();
  }

  void step() {
    step_out_ = true;
    job_->input.append(held_.view());
    held_.release();
    // A queue of its own: a storm of connections to the service does not hold up its reload.
    pool_.run(this, [self = shared_from_this(), job = job_] {
      if (!job->abandoned) {
        job->step();
      }
      self->loop_.post([self, job] { self->step_done(*job); });
    });
  }

  void step_done(HandshakeJob& job) {
    if (&job != job_.get()) {
      return;  // dropped meanwhile
    }
    step_out_ = false;
    send(job.output);
    switch (job.status) {
      case tls::Status::want_input:
        if (!held_.empty()) {
          step();
        } else if (ended_) {
          handshake_ended(*ended_);
        }
        return;
      case tls::Status::established:
        established();
        return;
      case tls::Status::closed:
      case tls::Status::failed: {
        const tls::Failure failure = *job.failure;
        fail(reason_of(failure), failure.message);
        return;
      }
    }
  }

  void send(Buffer& records) {
    if (!records.empty()) {
      // When it fails, reading tells why, or the timer ends it.
      static_cast<void>(stream_->write(records.view()));
      records.clear();
    }
  }

  void established() {
    outcome_.handshake = net::precise_now() - started_;
    session_ = std::move(job_->session);
    outcome_.session = session_->info();
    Buffer rest = std::move(job_->input);
    rest.append(held_.view());
    held_ = std::move(rest);
    job_.reset();
    if (session_->info().version == TlsVersion::tls12) {
      accepted();  // its Finished comes after it has judged our certificate (RFC 5246 section 7.3)
      return;
    }
    timer_->start(silence, [this] { accepted(); });
    open();
  }

  void open() {
    ByteSpan rest = held_.writable();
    const std::size_t before = rest.size();
    plaintext_.clear();
    Buffer owed;
    const tls::Status status = session_->open(rest, plaintext_, owed);
    if (status == tls::Status::failed) {
      const tls::Failure failure = *session_->failure();
      fail(reason_of(failure), failure.message);
    } else if (status == tls::Status::closed || rest.size() < before) {
      accepted();
    } else if (ended_) {
      refused_by_end(*ended_);
    }
  }

  void accepted() {
    Buffer farewell;
    session_->close_notify(farewell);
    send(farewell);
    finish(std::nullopt, {});
  }

  ByteSpan on_buffer(net::Stream&) override { return input_.prepare(read_size); }

  void on_read(net::Stream&, ByteView bytes) override {
    if (!stream_) {
      return;
    }
    held_.append(bytes);
    if (session_) {
      open();
    } else if (!step_out_) {
      step();
    }
  }

  void on_end(net::Stream&, int status) override {
    if (!stream_) {
      return;
    }
    ended_ = status;
    if (session_) {
      refused_by_end(status);
    } else if (!step_out_) {
      handshake_ended(status);
    }
  }

  void on_written(net::Stream&, int) override {}

  void handshake_ended(int status) {
    fail(status == 0 ? Reason::handshake_failed : Reason::gateway_reset,
         status == 0 ? "the gateway closed the connection during the TLS handshake"
                     : fmt::format("the gateway reset the connection during the TLS handshake: {}",
                                   net::error_words(status)));
  }

  void refused_by_end(int status) {
    fail(status == 0 ? Reason::truncated : Reason::gateway_reset,
         fmt::format("the gateway {} right after the TLS handshake, without a word: it may have refused our "
                     "certificate",
                     status == 0 ? "closed the connection" : "reset the connection"));
  }

  net::Loop& loop_;
  HandshakePool& pool_;
  net::Resolver& resolver_;
  std::shared_ptr<const Generation> generation_;
  std::function<void(const Outcome&)> done_;
  std::shared_ptr<Attempt> self_;  // while handles are open
  unsigned open_handles_ = 0;
  net::HandlePtr<net::Timer> timer_;
  net::HandlePtr<net::Lookup> lookup_;
  net::HandlePtr<net::Stream> stream_;
  std::shared_ptr<HandshakeJob> job_;
  std::unique_ptr<tls::Session> session_;
  bool step_out_ = false;     // the handshake is with the pool
  std::optional<int> ended_;  // the stream has: as on_end was told
  std::vector<std::size_t> order_;
  std::size_t tried_ = 0;
  std::vector<net::SocketAddress> addresses_;
  std::size_t next_address_ = 0;
  Milliseconds started_{0};
  Buffer input_;
  Buffer held_;
  tls::Plaintext plaintext_;
  Outcome outcome_;
};

Probe::Probe(net::Loop& loop, HandshakePool& pool, net::Resolver& resolver,
             std::shared_ptr<const Generation> generation, std::function<void(const Outcome&)> done)
    : attempt_(std::make_shared<Attempt>(loop, pool, resolver, std::move(generation), std::move(done))) {
  attempt_->start();
}

Probe::~Probe() {
  attempt_->stop();
}

}  // namespace persona::forward
