#include "persona/spiffe/stream.hpp"

#include <chrono>
#include <deque>
#include <utility>

#include <fmt/format.h>

#include "persona/base/text.hpp"
#include "persona/net/descriptor_line.hpp"

namespace persona::spiffe {

namespace {

constexpr int most_reads = 64;  // in one turn of a loop

}  // namespace

Result<std::shared_ptr<Stream>> Stream::start(const Endpoint& agent, bool confined) {
  auto client = start_client(agent, confined);
  if (!client) {
    return tl::unexpected(client.error());
  }
  return std::make_shared<Stream>(agent, std::move(*client));
}

Stream::Latest Stream::latest() const {
  const std::lock_guard lock(mutex_);
  return latest_;
}

Stream::News Stream::receive() {
  News news;
  std::deque<net::Socket> none;
  for (int i = 0; i < most_reads && !ended_; ++i) {
    const std::ptrdiff_t size = net::receive_with_descriptors(client_, reader_.wanted(), none);
    if (size == UV_EAGAIN) {
      return news;
    }
    if (size <= 0) {
      ended_ = true;
      take_trouble(fmt::format("the program that asks the SPIFFE agent at {} has ended", agent_.to_string()),
                   news);
      break;
    }
    auto message = reader_.got(static_cast<std::size_t>(size));
    if (!message) {
      ended_ = reader_.is_lost();
      take_trouble(fmt::format("the SPIFFE agent at {} has sent what cannot be used: {}", agent_.to_string(),
                               message.error().message),
                   news);
    } else if (*message) {
      take(std::move(**message), news);
    }
  }
  news.ended = ended_;
  return news;
}

void Stream::take(Message message, News& news) {
  if (auto* trouble = std::get_if<Trouble>(&message)) {
    take_trouble(printable(trouble->sentence), news);
    return;
  }
  news.updated = true;
  news.trouble.clear();
  const std::lock_guard lock(mutex_);
  latest_ = {std::make_shared<const Update>(std::move(std::get<Update>(message))), latest_.number + 1, ""};
}

void Stream::take_trouble(std::string sentence, News& news) {
  const std::lock_guard lock(mutex_);
  if (latest_.trouble != sentence) {
    news.trouble = sentence;
    latest_.trouble = std::move(sentence);
  }
}

bool Stream::wait(Milliseconds patience) {
  using Clock = std::chrono::steady_clock;
  const auto end = Clock::now() + patience;
  for (;;) {
    const News news = receive();
    if (latest().update != nullptr) {
      return true;
    }
    const auto left = std::chrono::ceil<Milliseconds>(end - Clock::now());
    if (news.ended || left.count() <= 0) {
      return false;
    }
    static_cast<void>(net::wait_readable(client_, left));
  }
}

}  // namespace persona::spiffe
