#include "demo_parts.hpp"

#include <algorithm>
#include <utility>

namespace persona::cli {

namespace {

constexpr std::size_t read_size = std::size_t{64} * 1024;

}  // namespace

char demo_answer(char byte) {
  return byte >= 'a' && byte <= 'z' ? static_cast<char>(byte - 'a' + 'A') : byte;
}

class DemoService::Session final : public net::StreamEvents {
 public:
  static void start(DemoService& service, net::Socket socket) {
    int error = 0;
    auto* session = new Session(service);
    session->stream_ = net::Stream::create(service.loop_, net::Stream::Kind::tcp, *session, error);
    if (!session->stream_) {
      delete session;
      return;
    }
    service.sessions_.push_back(session);
    if (session->stream_->adopt(std::move(socket)) != 0 || session->stream_->start_reading() != 0) {
      session->close();
    }
  }

  void close() { stream_.reset(); }
  void forget_service() { service_ = nullptr; }

 private:
  explicit Session(DemoService& service) : service_(&service), input_(read_size) {}

  void on_connected(net::Stream&, int) override {}
  ByteSpan on_buffer(net::Stream&) override { return input_.prepare(read_size); }

  void on_read(net::Stream& stream, ByteView bytes) override {
    std::string answer(as_text(bytes));
    std::transform(answer.begin(), answer.end(), answer.begin(), demo_answer);
    const auto written = stream.write(as_bytes(answer));
    if (!written) {
      close();
    } else if (!*written) {
      stream.stop_reading();
    }
  }

  void on_end(net::Stream& stream, int status) override {
    if (status != 0) {
      close();
      return;
    }
    ended_ = true;
    if (!stream.writing()) {
      close();
    }
  }

  void on_written(net::Stream& stream, int status) override {
    if (status != 0 || ended_ || stream.start_reading() != 0) {
      close();
    }
  }

  void on_handle_closed() override {
    if (service_ != nullptr) {
      service_->sessions_.remove(this);
    }
    delete this;
  }

  DemoService* service_;
  net::HandlePtr<net::Stream> stream_;
  Buffer input_;
  bool ended_ = false;
};

Result<std::unique_ptr<DemoService>> DemoService::start(net::Loop& loop) {
  std::unique_ptr<DemoService> service(new DemoService(loop));
  auto listener = net::Listener::bind(loop, *Endpoint::parse("127.0.0.1:0"));
  if (!listener) {
    return tl::unexpected(listener.error());
  }
  service->listener_ = std::move(*listener);
  net::Listener::Events events;
  events.accepted = [raw = service.get()](net::Socket socket, const net::SocketAddress&) {
    ++raw->connections_seen_;
    Session::start(*raw, std::move(socket));
  };
  events.resting = [](const std::string&, Milliseconds) {};
  service->listener_->start(std::move(events));
  return service;
}

DemoService::~DemoService() {
  for (Session* session : sessions_) {
    session->forget_service();
    session->close();
  }
}

void DemoClient::start(net::Loop& loop, const Endpoint& where, std::string text, Milliseconds patience,
                       std::function<void(Outcome)> done) {
  auto* client = new DemoClient(std::move(text), std::move(done));
  client->timer_ = net::Timer::create(loop, client);
  ++client->open_handles_;
  client->timer_->start(patience, [client] { client->finish(); });
  client->started_ = net::precise_now();
  int error = 0;
  client->stream_ = net::Stream::create(loop, net::Stream::Kind::tcp, *client, error);
  if (client->stream_) {
    ++client->open_handles_;
    error = client->stream_->connect(*net::SocketAddress::from_numeric(where.host, where.port));
  }
  if (error != 0) {
    client->finish();
  }
}

DemoClient::DemoClient(std::string text, std::function<void(Outcome)> done)
    : text_(std::move(text)), input_(read_size), done_(std::move(done)) {}

void DemoClient::on_connected(net::Stream& stream, int status) {
  if (status != 0 || stream.start_reading() != 0 || !stream.write(as_bytes(text_))) {
    finish();
    return;
  }
  // FIN after all that is queued: a refusal shows when reading.
  static_cast<void>(stream.shutdown());
}

ByteSpan DemoClient::on_buffer(net::Stream&) {
  return input_.prepare(read_size);
}

void DemoClient::on_read(net::Stream&, ByteView bytes) {
  for (const char byte : as_text(bytes)) {
    differs_ = differs_ || outcome_.bytes >= text_.size() || byte != demo_answer(text_[outcome_.bytes]);
    ++outcome_.bytes;
  }
}

void DemoClient::on_end(net::Stream&, int status) {
  outcome_.reset = status != 0;
  outcome_.same = status == 0 && !differs_ && outcome_.bytes == text_.size();
  finish();
}

void DemoClient::on_written(net::Stream&, int status) {
  if (status != 0) {
    outcome_.reset = true;
    finish();
  }
}

void DemoClient::finish() {
  outcome_.duration = net::precise_now() - started_;
  timer_.reset();
  stream_.reset();
}

void DemoClient::on_handle_closed() {
  if (--open_handles_ > 0) {
    return;
  }
  const auto done = std::move(done_);
  const Outcome outcome = outcome_;
  delete this;
  done(outcome);
}

}  // namespace persona::cli
