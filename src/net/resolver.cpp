#include "persona/net/resolver.hpp"

#include <condition_variable>
#include <deque>
#include <exception>
#include <map>
#include <mutex>
#include <thread>
#include <utility>

#include "lookup_table.hpp"
#include "persona/net/deputy.hpp"
#include "persona/net/error.hpp"

namespace persona::net {

class Resolver::Shared : public std::enable_shared_from_this<Resolver::Shared> {
 public:
  explicit Shared(Options options) : options_(std::move(options)), table_(options_.bound) {}

  void ask(const std::shared_ptr<Waiter>& waiter) {
    const std::lock_guard lock(mutex_);
    if (!table_.add(waiter)) {
      return;
    }
    ready_.push_back(waiter->host);
    if (ready_.size() <= threads_ - busy_) {
      wake_.notify_one();
      return;
    }
    try {
      std::thread([self = shared_from_this()] { self->work(); }).detach();
      ++threads_;
    } catch (const std::exception& error) {
      ready_.pop_back();
      // No need to start another name: this look-up was within the bound, so none of its account's is
      // waiting.
      deliver(table_.end(waiter->host).waiters,
              fail(ErrorKind::network,
                   "cannot resolve {}: the system grants no thread for it ({}); raise the limit of threads "
                   "that this process may have",
                   waiter->host, error.what()));
    }
  }

  void leave(Waiter& waiter) {
    const std::lock_guard lock(mutex_);
    table_.remove(waiter);
  }

  std::string why_no_answer(const std::string& host) {
    const std::lock_guard lock(mutex_);
    return table_.under_way(host)
               ? "no name server has answered; look at the DNS settings of this machine"
               : fmt::format(
                     "it waits for {} other names of this service, for which no name server has "
                     "answered; look at the DNS settings of this machine",
                     table_.bound());
  }

  void end() {
    {
      const std::lock_guard lock(mutex_);
      ending_ = true;
    }
    wake_.notify_all();
  }

  std::size_t threads() {
    const std::lock_guard lock(mutex_);
    return threads_;
  }

 private:
  void work() {
    std::unique_lock lock(mutex_);
    while (wake_.wait_for(lock, options_.idle, [this] { return ending_ || !ready_.empty(); }) && !ending_) {
      const std::string host = std::move(ready_.front());
      ready_.pop_front();
      ++busy_;
      lock.unlock();
      Answer answer = resolve(host);
      lock.lock();
      --busy_;
      auto [waiters, next] = table_.end(host);
      if (next) {
        ready_.push_back(std::move(*next));  // for this thread, or for another that is free
      }
      deliver(std::move(waiters), std::move(answer));
    }
    --threads_;
  }

  Answer resolve(const std::string& host) const {
    try {
      return options_.resolve(host);
    } catch (const std::exception& error) {  // for example, out of memory
      return fail(ErrorKind::network, "cannot resolve {}: {}", host, error.what());
    }
  }

  // Under the lock, which leave() needs too: a loop with a Lookup that still waits cannot end before this
  // post().
  static void deliver(Waiters waiters, Answer answer) {
    std::map<Loop*, std::vector<std::shared_ptr<Waiter>>> loops;
    for (auto& waiter : waiters) {
      loops[&waiter->loop].push_back(std::move(waiter));
    }
    const auto shared = std::make_shared<const Answer>(std::move(answer));
    for (auto& [loop, its] : loops) {
      loop->post([its = std::move(its), shared] {
        for (const auto& waiter : its) {
          if (waiter->lookup != nullptr) {
            waiter->lookup->answered(*shared);
          }
        }
      });
    }
  }

  const Options options_;
  std::mutex mutex_;  // guards all members below
  std::condition_variable wake_;
  LookupTable table_;
  std::deque<std::string> ready_;  // to be looked up now: for each a thread is free or starting
  std::size_t threads_ = 0;
  std::size_t busy_ = 0;  // threads in a look-up
  bool ending_ = false;
};

Resolver::Answer Resolver::ask_system(const std::string& host) {
  std::vector<SocketAddress> addresses;
  if (const int code = resolve_host(host, addresses); code != 0) {
    return fail(ErrorKind::network, "cannot resolve {}: {}", host, error_words(code));
  }
  if (addresses.empty()) {
    return fail(ErrorKind::network, "cannot resolve {}: it has no IP address", host);
  }
  return addresses;
}

Resolver::Resolver() : Resolver(Options{}) {}

Resolver::Resolver(Options options) : shared_(std::make_shared<Shared>(std::move(options))) {}

Resolver::~Resolver() {
  shared_->end();
}

std::size_t Resolver::threads() const {
  return shared_->threads();
}

HandlePtr<Lookup> Lookup::start(Loop& loop, Resolver& resolver, const std::string& account,
                                const std::string& host, std::uint16_t port, HandleOwner* owner, Done done) {
  loop.assert_here();
  HandlePtr<Lookup> lookup(new Lookup);
  lookup->resolver_ = resolver.shared_;
  lookup->waiter_ = std::make_shared<Waiter>(Waiter{loop, lookup.get(), account, host});
  lookup->port_ = port;
  lookup->done_ = std::move(done);
  lookup->owner_ = owner;
  if (owner != nullptr) {
    owner->handle_opened();
  }
  lookup->resolver_->ask(lookup->waiter_);
  return lookup;
}

std::string Lookup::timed_out(std::string_view setting, Milliseconds waited) const {
  return fmt::format("cannot resolve {} within {} ({}): {}", waiter_->host, setting, format_duration(waited),
                     resolver_->why_no_answer(waiter_->host));
}

void Lookup::close() {
  waiter_->loop.assert_here();
  resolver_->leave(*waiter_);
  waiter_->lookup = nullptr;
  HandleOwner* owner = owner_;
  delete this;
  if (owner != nullptr) {
    owner->handle_closed();
  }
}

void Lookup::answered(const Resolver::Answer& answer) {
  Resolver::Answer mine = answer;
  if (mine) {
    for (SocketAddress& address : *mine) {
      address.set_port(port_);
    }
  }
  // Moved out first: the callback may destroy the look-up.
  const auto done = std::move(done_);
  done(std::move(mine));
}

}  // namespace persona::net
