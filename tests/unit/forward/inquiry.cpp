#include "forward/inquiry.hpp"

#include <string>

#include <doctest/doctest.h>

#include "../net/support.hpp"
#include "persona/forward/inquiries.hpp"
#include "persona/net/listener.hpp"

using namespace persona;
using namespace persona::forward;

namespace {

const Endpoint inquired = *Endpoint::parse("db.example.com:5432");

/// A server in the same loop, which answers whatever it is sent, and who asks it.
class InquiryScene final : public net::HandleOwner, private net::StreamEvents {
 public:
  explicit InquiryScene(std::string reply) : reply_(std::move(reply)) {
    auto bound = net::Listener::bind(*loop, *Endpoint::parse("127.0.0.1:0"));
    REQUIRE(bound);
    listener = std::move(*bound);
    listener->start({[this](net::Socket socket, const net::SocketAddress&) {
                       int error = 0;
                       server_ = net::Stream::create(*loop, net::Stream::Kind::tcp, *this, error);
                       REQUIRE(server_);
                       REQUIRE(server_->adopt(std::move(socket)) == 0);
                       server_->tell(this);
                       REQUIRE(server_->start_reading() == 0);
                     },
                     [](const std::string&, Milliseconds) {}});
    inquiry.emplace(*loop, *this, input_.prepare(4096), [this](Inquiry::Answer said) {
      CHECK_FALSE(answer);
      answer = said;
      inquiry.reset();  // as its owner may
    });
  }
  ~InquiryScene() {
    listener.reset();
    server_.reset();
    inquiry.reset();
    while (open_) {
      uv_run(loop->uv(), UV_RUN_ONCE);
    }
  }

  Inquiry::Answer ask(Milliseconds handshake_timeout = Milliseconds(0)) {
    inquiry->start(*net::SocketAddress::from_numeric("127.0.0.1", listener ? listener->local().port : port),
                   {}, handshake_timeout);
    while (!answer) {
      uv_run(loop->uv(), UV_RUN_ONCE);
    }
    return *answer;
  }

  net::test::TestLoop loop;
  net::HandlePtr<net::Listener> listener;
  std::uint16_t port = 0;  // without a listener
  std::optional<Inquiry> inquiry;
  std::optional<Inquiry::Answer> answer;
  std::string heard;
  bool ends = false;  // instead of an answer

 private:
  ByteSpan on_buffer() override { return served_.prepare(4096); }
  void on_read(ByteView bytes) override {
    heard += as_text(bytes);
    if (heard.size() < 8) {
      return;
    }
    if (ends) {
      server_.reset();
    } else if (!reply_.empty()) {
      CHECK(server_->write(as_bytes(reply_)));
    }
  }
  void on_end(int) override { server_.reset(); }
  void on_written(int) override {}
  void on_handles_closed() override { open_ = false; }

  std::string reply_;
  Buffer input_;
  Buffer served_;
  net::HandlePtr<net::Stream> server_;
  bool open_ = true;
};

}  // namespace

TEST_CASE("PostgreSQL answers an SSLRequest with one byte, and nobody else does") {
  using Answer = Inquiry::Answer;
  struct Example {
    std::string reply;
    Answer answer;
  };
  for (const Example& example :
       {Example{"S", Answer::postgresql}, Example{"N", Answer::postgresql_bare},
        Example{"NO", Answer::nothing}, Example{"SSH-2.0-OpenSSH_9.2\r\n", Answer::nothing},
        Example{"E", Answer::nothing}}) {
    CAPTURE(example.reply);
    InquiryScene scene(example.reply);
    CHECK(scene.ask() == example.answer);
    CHECK(scene.heard == std::string("\0\0\0\x08\x04\xd2\x16\x2f", 8));
  }
}

TEST_CASE("who ends, refuses or says nothing has not answered") {
  using Answer = Inquiry::Answer;
  InquiryScene ending("");
  ending.ends = true;
  CHECK(ending.ask() == Answer::nothing);
  InquiryScene refusing("");
  refusing.port = refusing.listener->local().port;
  refusing.listener.reset();
  CHECK(refusing.ask() == Answer::nothing);
  InquiryScene silent("");
  CHECK(silent.ask(Milliseconds(50)) == Answer::nothing);
}

TEST_CASE("who gives up meanwhile is not told") {
  InquiryScene scene("S");
  scene.inquiry->start(*net::SocketAddress::from_numeric("127.0.0.1", scene.listener->local().port), {},
                       Milliseconds(0));
  while (scene.heard.empty()) {
    uv_run(scene.loop->uv(), UV_RUN_ONCE);
  }
  scene.inquiry.reset();
  uv_run(scene.loop->uv(), UV_RUN_NOWAIT);
  CHECK_FALSE(scene.answer);
}

TEST_CASE("a gateway is asked once, and what it said is remembered until it is verified") {
  Inquiries inquiries;
  CHECK(inquiries.answer(inquired).empty());
  CHECK(inquiries.begin(inquired));
  CHECK_FALSE(inquiries.begin(inquired));
  CHECK(inquiries.answer(inquired).empty());  // still to come
  inquiries.answered(inquired, "it is PostgreSQL");
  CHECK(inquiries.answer(inquired) == "it is PostgreSQL");
  const Endpoint other = *Endpoint::parse("db.example.com:5433");
  CHECK(inquiries.begin(other));
  CHECK(inquiries.answer(other).empty());
  inquiries.verified(inquired);
  CHECK(inquiries.answer(inquired).empty());
  CHECK_FALSE(inquiries.begin(inquired));
}
