#include "lookup_table.hpp"

#include <algorithm>
#include <utility>

namespace persona::net {

bool LookupTable::add(const std::shared_ptr<Waiter>& waiter) {
  Name& name = names_[waiter->host];
  waiter->place = name.waiters.insert(name.waiters.end(), waiter);
  waiter->waits = true;
  if (name.charged) {
    return false;
  }
  Account& account = accounts_[waiter->account];
  if (account.under_way < bound_) {
    ++account.under_way;
    name.charged = waiter->account;
    return true;
  }
  if (std::find(account.turns.begin(), account.turns.end(), waiter->host) == account.turns.end()) {
    account.turns.push_back(waiter->host);
  }
  return false;
}

void LookupTable::remove(Waiter& waiter) {
  if (!std::exchange(waiter.waits, false)) {
    return;
  }
  const auto found = names_.find(waiter.host);
  Name& name = found->second;
  name.waiters.erase(waiter.place);
  if (name.waiters.empty() && !name.charged) {
    names_.erase(found);
  }
}

LookupTable::Ended LookupTable::end(const std::string& host) {
  auto ended = names_.extract(host);
  Name& name = ended.mapped();
  for (const auto& waiter : name.waiters) {
    waiter->waits = false;
  }
  Ended result{std::move(name.waiters), std::nullopt};
  const auto found = accounts_.find(*name.charged);
  Account& account = found->second;
  --account.under_way;
  while (!account.turns.empty() && !result.next) {
    std::string next = std::move(account.turns.front());
    account.turns.pop_front();
    if (wants(found->first, next)) {
      ++account.under_way;
      names_[next].charged = found->first;
      result.next = std::move(next);
    }
  }
  if (account.under_way == 0) {
    accounts_.erase(found);
  }
  return result;
}

// Those who wanted it may have left, or another account may be looking it up already.
bool LookupTable::wants(const std::string& account, const std::string& host) const {
  const auto name = names_.find(host);
  return name != names_.end() && !name->second.charged &&
         std::any_of(name->second.waiters.begin(), name->second.waiters.end(),
                     [&](const auto& waiter) { return waiter->account == account; });
}

bool LookupTable::under_way(const std::string& host) const {
  const auto name = names_.find(host);
  return name != names_.end() && name->second.charged;
}

}  // namespace persona::net
