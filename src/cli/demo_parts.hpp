// The two ends of the demo that are not persona: a plaintext service and a plaintext client.
#pragma once

#include <cstddef>
#include <functional>
#include <list>
#include <memory>
#include <string>

#include "persona/base/buffer.hpp"
#include "persona/base/endpoint.hpp"
#include "persona/net/listener.hpp"
#include "persona/net/stream.hpp"
#include "persona/net/timer.hpp"

namespace persona::cli {

/// Answers everything in capitals and ends when its client does. Loop's thread only.
class DemoService {
 public:
  static Result<std::unique_ptr<DemoService>> start(net::Loop& loop);
  ~DemoService();

  const Endpoint& local() const { return listener_->local(); }
  std::size_t connections_seen() const { return connections_seen_; }

 private:
  class Session;

  explicit DemoService(net::Loop& loop) : loop_(loop) {}

  net::Loop& loop_;
  net::HandlePtr<net::Listener> listener_;
  std::list<Session*> sessions_;  // each frees itself when its stream has closed
  std::size_t connections_seen_ = 0;
};

/// Sends a text, ends its direction, reads until the other side ends, and compares. Frees itself when done.
class DemoClient final : public net::HandleOwner, private net::StreamEvents {
 public:
  struct Outcome {
    bool same = false;      ///< every byte came back, in capitals, and then a clean end
    bool reset = false;     ///< the connection was reset
    std::size_t bytes = 0;  ///< received
    Milliseconds duration{0};
  };

  /// `done` is called once. A connection that hangs counts as failed after `patience`.
  static void start(net::Loop& loop, const Endpoint& where, std::string text, Milliseconds patience,
                    std::function<void(Outcome)> done);

 private:
  DemoClient(std::string text, std::function<void(Outcome)> done);
  void finish();

  void connected(int status);
  ByteSpan on_buffer() override;
  void on_read(ByteView bytes) override;
  void on_end(int status) override;
  void on_written(int status) override;
  void on_handles_closed() override;

  net::HandlePtr<net::Stream> stream_;
  net::HandlePtr<net::Timer> timer_;
  std::string text_;
  Buffer input_;
  Outcome outcome_;
  bool differs_ = false;
  Milliseconds started_{0};
  std::function<void(Outcome)> done_;
};

/// What the demo service makes of a byte.
char demo_answer(char byte);

}  // namespace persona::cli
