// Who asks for the same at the same time, and how others have their turn. What it does to traffic,
// bench/slow_administrators.py measures.
#include "admin/answer_queue.hpp"

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

using namespace persona;
using namespace persona::admin;

namespace {

/// A queue on a loop of its own, whose answers are numbered; and somebody who waits.
struct Questions {
  Questions() {
    auto created = net::Loop::create();
    REQUIRE(created);
    loop = std::move(*created);
  }

  ~Questions() { CHECK(loop->close()); }

  void run(const std::function<void()>& first) {
    loop->post([&] {
      queue = std::make_shared<AnswerQueue>(*loop, [&](const Request& request, const Server::Reply& reply) {
        asked.push_back(request.method + " " + request.path + "?" + request.query);
        asked_in.push_back(loop->polls());
        reply({200, "", std::to_string(asked.size())});
        if (asked.size() == most) {
          end();
        }
      });
      first();
    });
    loop->run();
  }

  void end() {
    queue->close();
    loop->finish();
  }

  void ask(const std::string& method, const std::string& path, const std::string& query = "") {
    queue->add({method, path, {}, query}, asker,
               [&](const Response& response) { told.push_back(response.body); });
  }

  std::unique_ptr<net::Loop> loop;
  std::shared_ptr<AnswerQueue> queue;
  std::shared_ptr<int> asker = std::make_shared<int>();
  std::size_t most = 0;  // answers; then it ends
  std::vector<std::string> asked;
  std::vector<std::uint64_t> asked_in;  // turns of the loop
  std::vector<std::string> told;
};

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE(
    "one is answered at once, and all that come before the next turn and read the same share an answer") {
  Questions questions;
  questions.most = 2;
  questions.run([&] {
    questions.ask("GET", "/metrics");
    CHECK(questions.told == Texts{"1"});
    for (int i = 0; i < 3; ++i) {
      questions.ask(i == 1 ? "HEAD" : "GET", "/metrics");
    }
    CHECK(questions.told == Texts{"1"});
  });
  CHECK(questions.told == Texts{"1", "2", "2", "2"});
  CHECK(questions.asked_in[0] < questions.asked_in[1]);
}

TEST_CASE("what differs, or changes something, is answered by itself, one in each turn") {
  Questions questions;
  questions.most = 6;
  questions.run([&] {
    questions.ask("GET", "/sessions", "id=1");
    questions.ask("GET", "/sessions", "id=2");
    questions.ask("GET", "/sessions", "id=3");
    questions.ask("GET", "/status");
    questions.ask("POST", "/quit");
    questions.ask("POST", "/quit");
  });
  CHECK(questions.asked == Texts{"GET /sessions?id=1", "GET /sessions?id=2", "GET /sessions?id=3",
                                 "GET /status?", "POST /quit?", "POST /quit?"});
  CHECK(questions.told == Texts{"1", "2", "3", "4", "5", "6"});
  for (std::size_t i = 1; i < questions.asked_in.size(); ++i) {
    CHECK(questions.asked_in[i - 1] < questions.asked_in[i]);
  }
}

TEST_CASE("who has gone is not answered, and nothing is kept of what nobody waits for") {
  Questions questions;
  questions.most = 2;
  questions.run([&] {
    questions.ask("GET", "/metrics");
    questions.ask("POST", "/quit");
    questions.asker = std::make_shared<int>();
    questions.ask("GET", "/status");
  });
  CHECK(questions.asked == Texts{"GET /metrics?", "GET /status?"});
  CHECK(questions.told == Texts{"1", "2"});
}

TEST_CASE("after an answer that took its time the loop has four times as long for all else") {
  Questions questions;
  questions.most = 2;
  std::chrono::microseconds begun{};
  constexpr std::chrono::milliseconds time{20};
  questions.run([&] {
    questions.queue->add({"GET", "/slow"}, questions.asker,
                         [&](const Response&) { std::this_thread::sleep_for(time); });
    begun = net::stopwatch();
    questions.ask("GET", "/metrics");
    CHECK(questions.told.empty());
  });
  CHECK(questions.told == Texts{"2"});
  CHECK(net::stopwatch() - begun >= AnswerQueue::rest * time - std::chrono::milliseconds(1));
}
