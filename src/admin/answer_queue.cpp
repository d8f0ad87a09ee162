#include "answer_queue.hpp"

#include <algorithm>
#include <utility>

namespace persona::admin {

namespace {

bool only_reads(const Request& request) {
  return request.method != "POST";
}

}  // namespace

AnswerQueue::AnswerQueue(net::Loop& loop, Server::Answer answer)
    : loop_(loop), answer_(std::move(answer)), timer_(net::Timer::create(loop, nullptr)) {}

void AnswerQueue::add(const Request& request, std::weak_ptr<const void> asker, Server::Reply reply) {
  waiting_.remove_if(is_left_alone);  // so that there are never more than connections
  auto same = std::find_if(waiting_.begin(), waiting_.end(), [&](const Waiting& each) {
    return only_reads(request) && only_reads(each.request) && each.request.path == request.path &&
           each.request.query == request.query;
  });
  if (same == waiting_.end()) {
    same = waiting_.insert(waiting_.end(), Waiting{request, {}});
  }
  same->askers.push_back({std::move(asker), std::move(reply)});
  if (waits_for_turn_) {
    return;
  }
  if (answered_at_ != loop_.polls() && due_ <= net::stopwatch()) {
    answer_one();
  } else {
    wait_for_turn();
  }
}

void AnswerQueue::close() {
  timer_.reset();
  waiting_.clear();
}

bool AnswerQueue::is_left_alone(const Waiting& waiting) {
  return std::all_of(waiting.askers.begin(), waiting.askers.end(),
                     [](const Asker& each) { return each.alive.expired(); });
}

void AnswerQueue::answer_one() {
  waiting_.remove_if(is_left_alone);
  if (waiting_.empty()) {
    return;
  }
  const auto kept = shared_from_this();  // what is asked for may end the server
  const Waiting first = std::move(waiting_.front());
  waiting_.pop_front();
  const auto begun = net::stopwatch();
  answered_at_ = loop_.polls();
  answer_(first.request, [askers = first.askers](const Response& response) {
    for (const Asker& each : askers) {
      each.reply(response);
    }
  });
  const auto ended = net::stopwatch();
  due_ = ended + rest * (ended - begun);
  if (!waiting_.empty()) {
    wait_for_turn();
  }
}

void AnswerQueue::wait_for_turn() {
  if (!timer_ || waits_for_turn_) {
    return;
  }
  waits_for_turn_ = true;
  const auto left = std::max(due_ - net::stopwatch(), std::chrono::microseconds(0));
  timer_->start(std::chrono::duration_cast<Milliseconds>(left), [this] {
    waits_for_turn_ = false;
    answer_one();
  });
}

}  // namespace persona::admin
