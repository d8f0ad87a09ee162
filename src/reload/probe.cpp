#include "persona/reload/probe.hpp"

#include <utility>

#include "persona/forward/gateway_dialler.hpp"
#include "persona/net/stream.hpp"
#include "persona/net/timer.hpp"

namespace persona::reload {

using forward::Dialler;
using forward::GatewayDialler;
using forward::Handshaking;
using forward::Reason;

namespace {

GatewayDialler::Options options_of(const config::Timeouts& timeouts,
                                   const std::optional<Dialler::Only>& only) {
  GatewayDialler::Options options;
  options.dial = {Probe::limit_of(timeouts.connect), Dialler::Health::left, only};
  options.handshake_timeout = Probe::limit_of(timeouts.handshake);
  options.resumes = false;
  options.notes_request = true;
  return options;
}

}  // namespace

/// Kept alive by its probe, and by its own open handles (self_).
class Probe::Attempt final : public net::HandleOwner,
                             private GatewayDialler::Events,
                             private net::StreamEvents,
                             public std::enable_shared_from_this<Attempt> {
 public:
  Attempt(net::Loop& loop, HandshakePool& pool, net::Resolver& resolver,
          std::shared_ptr<const Generation> generation, Options options, Done done)
      : loop_(loop), generation_(std::move(generation)), silence_(options.silence), done_(std::move(done)) {
    // A queue of its own, so that a storm of connections to the service does not delay its reload.
    const Handshaking::Place place{loop, pool, this, *this, input_.prepare(Handshaking::read_size)};
    gateway_.emplace(place, resolver, *generation_, options_of(generation_->config().timeouts, options.only),
                     static_cast<GatewayDialler::Events&>(*this));
  }

  void start() {
    self_ = shared_from_this();
    timer_ = net::Timer::create(loop_, this);
    // From a timer: `done` must not be called from within the constructor.
    timer_->start(Milliseconds(0), [this] {
      enter(Stage::connecting);
      gateway_->start();
    });
  }

  void stop() {
    done_ = nullptr;
    let_go();
  }

 private:
  void on_handles_closed() override {
    const auto last = std::move(self_);  // may free this object
  }

  void let_go() {
    stream_.reset();
    gateway_.reset();
    timer_.reset();
  }

  /// A stage begins, and the one before it is over. The first one begins a new attempt.
  void enter(Stage stage) {
    if (stage == Stage::connecting) {
      result_ = {};
    }
    end_stage();
    result_.stages.push_back({stage, Milliseconds(0)});
    began_ = net::precise_now();
  }

  void end_stage() {
    if (!result_.stages.empty()) {
      result_.stages.back().took = net::precise_now() - began_;
    }
  }

  // NOLINTNEXTLINE(performance-unnecessary-value-param): `failed` outlives what it came from
  void finish(std::optional<End> failed) {
    end_stage();
    result_.failed = std::move(failed);
    let_go();
    if (const auto done = std::exchange(done_, nullptr)) {
      done(result_);
    }
  }

  void on_stage(GatewayDialler::Stage stage) override {
    switch (stage) {
      case GatewayDialler::Stage::asking_proxy:
        enter(Stage::asking_proxy);
        return;
      case GatewayDialler::Stage::upgrading:
        enter(Stage::upgrading);
        return;
      case GatewayDialler::Stage::handshaking:
        enter(Stage::handshaking);
        return;
    }
  }

  void on_certificate_request(const tls::CertificateRequest& request) override { result_.request = request; }

  void on_greeting(ByteView) override { gateway_->without_client(); }

  // Another address may work: nothing to report yet.
  void on_next_address(const End&) override { enter(Stage::connecting); }
  void on_given_up(const End& why) override { finish(why); }

  void on_gateway_verified(net::HandlePtr<net::Stream> stream, Handshaking::Verified verified) override {
    stream_ = std::move(stream);
    stream_->tell(this);
    session_ = std::move(verified.session);
    enter(Stage::accepting);
    result_.session = session_->info();
    result_.oddities = std::move(verified.oddities);
    held_ = std::move(verified.rest);
    if (session_->info().version == TlsVersion::tls12) {
      accepted();  // its Finished proves that it accepted our certificate (RFC 5246 section 7.3)
      return;
    }
    timer_->start(silence_, [this] {
      result_.silent = true;
      accepted();
    });
    if (open() && verified.ended) {
      on_end(*verified.ended);
    }
  }

  /// False: the result is known.
  bool open() {
    ByteSpan rest = held_.writable();
    const std::size_t before = rest.size();
    plaintext_.clear();
    Buffer owed;
    const tls::Status status = session_->open(rest, plaintext_, owed);
    if (status == tls::Status::failed) {
      refused(End(*session_->failure()));
      return false;
    }
    if (status == tls::Status::closed || rest.size() < before) {
      accepted();
      return false;
    }
    return true;
  }

  void accepted() {
    Buffer farewell;
    session_->close_notify(farewell);
    // If it fails, the gateway only misses a polite end.
    static_cast<void>(stream_->write(farewell.view()));
    finish(std::nullopt);
  }

  void refused(End why) {
    timer_->stop();
    stream_.reset();
    session_.reset();
    held_.release();
    gateway_->failed(std::move(why));
  }

  ByteSpan on_buffer() override { return input_.prepare(Handshaking::read_size); }

  void on_read(ByteView bytes) override {
    held_.append(bytes);
    open();
  }

  void on_end(int status) override {
    refused(
        {status == 0 ? Reason::truncated : Reason::gateway_reset,
         fmt::format("the gateway {} right after the TLS handshake, without a word: it may have refused our "
                     "certificate",
                     status == 0 ? "closed the connection" : "reset the connection")});
  }

  void on_written(int) override {}

  net::Loop& loop_;
  std::shared_ptr<const Generation> generation_;
  const Milliseconds silence_;
  Done done_;
  Result result_;
  Milliseconds began_{0};          // the current stage
  std::shared_ptr<Attempt> self_;  // set while handles are open
  Buffer input_;
  std::optional<GatewayDialler> gateway_;
  net::HandlePtr<net::Timer> timer_;
  net::HandlePtr<net::Stream> stream_;     // to a verified gateway, which may still refuse us
  std::unique_ptr<tls::Session> session_;  // and its session
  Buffer held_;
  tls::Plaintext plaintext_;
};

Milliseconds Probe::limit_of(Milliseconds timeout) {
  return timeout.count() > 0 ? timeout : patience;
}

Probe::Probe(net::Loop& loop, HandshakePool& pool, net::Resolver& resolver,
             std::shared_ptr<const Generation> generation, Options options, Done done)
    : attempt_(
          std::make_shared<Attempt>(loop, pool, resolver, std::move(generation), options, std::move(done))) {
  attempt_->start();
}

Probe::~Probe() {
  attempt_->stop();
}

}  // namespace persona::reload
