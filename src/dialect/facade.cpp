#include "persona/dialect/facade.hpp"

#include <algorithm>
#include <utility>

#include "facades.hpp"

namespace persona::dialect {

std::unique_ptr<Facade> Facade::create(Protocol protocol) {
  switch (protocol) {
    case Protocol::postgresql:
      return postgresql_facade();
    case Protocol::mysql:
      return mysql_facade();
    case Protocol::redis:
      return redis_facade();
    case Protocol::mssql:
      return mssql_facade();
  }
  return nullptr;
}

std::unique_ptr<Facade> Facade::create_negotiated(Protocol protocol) {
  switch (protocol) {
    case Protocol::postgresql:
      return negotiated_postgresql_facade();
    case Protocol::mysql:
      return negotiated_mysql_facade();
    case Protocol::redis:
    case Protocol::mssql:
      break;
  }
  return nullptr;
}

std::string in_one_line(const Regret& regret) {
  return regret.hint.empty() ? regret.sentence : regret.sentence + ". " + regret.hint;
}

// What the client began its session with is kept until the other side answers, because a failure may have to
// be told in its terms; by then it has gone onward as well.
void FirstExchange::received(ByteView bytes, Buffer& onward, Buffer& answer) {
  if (regret_) {
    if (telling_ == Telling::waiting) {
      kept_.append(bytes.first(std::min(bytes.size(), most_kept - std::min(most_kept, kept_.size()))));
      try_to_tell(answer);
    }
    return;
  }
  if (over_) {
    onward.append(bytes);
    if (!answered_ && kept_.size() < most_kept) {
      kept_.append(bytes.first(std::min(bytes.size(), most_kept - kept_.size())));
    }
    return;
  }
  kept_.append(bytes);
  Look found = Look::next;
  while (found == Look::next && !kept_.empty()) {
    found = look(kept_, answer);
  }
  if (found == Look::over || kept_.size() >= most_kept) {
    over_ = true;
    onward.append(kept_.view());
    keep_no_more();
  }
}

// One piece may be more than may be kept of it.
void FirstExchange::keep_no_more() {
  if (answered_) {
    kept_.release();
  } else if (kept_.size() > most_kept) {
    Buffer beginning;
    beginning.append(kept_.view().first(most_kept));
    kept_ = std::move(beginning);
  }
}

void FirstExchange::received_end(Buffer& onward) {
  ended_ = true;
  if (!std::exchange(over_, true)) {
    onward.append(kept_.view());
  }
}

void FirstExchange::answered(ByteView bytes, Buffer& onward) {
  onward.append(bytes);
  answered_ = answered_ || !bytes.empty();
  if (answered_ && over_) {
    kept_.release();
  }
}

bool FirstExchange::awaits_answer() const {
  if (answered_ || (ended_ && kept_.empty())) {
    return false;
  }
  const Asked what = asked(kept_.view());
  return what == Asked::session || (what == Asked::unknown && !ended_);
}

bool FirstExchange::is_over() const {
  return over_ && !regret_ &&
         (answered_ || kept_.size() >= most_kept || asked(kept_.view()) == Asked::nothing);
}

void FirstExchange::regret(Regret regret, Buffer& answer) {
  regret_ = std::move(regret);
  try_to_tell(answer);
}

void FirstExchange::try_to_tell(Buffer& answer) {
  Look found = over_ ? Look::over : Look::next;
  while (found == Look::next && !kept_.empty()) {
    found = look(kept_, answer);
  }
  over_ = over_ || found == Look::over;
  telling_ = tell(*regret_, kept_, answer);
  if (telling_ == Telling::waiting && kept_.size() >= most_kept) {
    telling_ = Telling::impossible;
  }
}

}  // namespace persona::dialect
