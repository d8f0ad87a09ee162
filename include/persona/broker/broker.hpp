// A process beside the one that forwards. That one may open nothing and start nothing once it is confined
// (host/confinement.hpp); what it needs all the same it asks its broker for, which decides: files that the
// configuration names, log files to write, names of hosts and users (the system's resolver loads plug-ins
// that nobody can list), and the process that replaces it.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "persona/base/file.hpp"
#include "persona/base/result.hpp"
#include "persona/base/writers.hpp"
#include "persona/broker/messages.hpp"
#include "persona/net/deputy.hpp"
#include "persona/net/descriptor_line.hpp"
#include "persona/net/loop.hpp"
#include "persona/net/switchboard.hpp"

namespace persona::broker {

/// What the broker does. It is asked by somebody who may have been broken into.
struct Duties {
  /// May this file be read? Called in the broker, by one thread at a time; may block.
  std::function<bool(const std::filesystem::path& file)> may_read;
  /// And a file that begins with this, up to 1 MiB?
  std::function<bool(std::string_view content)> may_hand_over;
  /// May this log file be made and written, and moved aside under numbers (log::numbered())? As may_read.
  std::function<bool(const std::filesystem::path& file)> may_log_to;
  /// May this TCP port be listened on? As may_read.
  std::function<bool(std::uint16_t port)> may_listen;
  /// What replaces us, the program first; empty: nothing may be started.
  std::vector<std::string> successor{};
  /// Of its environment, besides ours.
  std::vector<std::pair<std::string, std::string>> variables{};
};

/// The confined process's side. Any thread, but where it says something else. When the broker is gone, what
/// is asked fails with a sentence.
class Broker final : public net::Deputy {
 public:
  explicit Broker(net::Socket control) : board_(std::move(control)) {}

  /// Forks. There must be no other thread, and nothing secret in memory. The broker ends when this process
  /// does, and no signal that is for a whole group or service ends it before. Fails on Windows, which has no
  /// such processes. What is returned is never destroyed: threads that outlast the loops may ask it.
  /// Platform: broker/fork_posix.cpp, broker/fork_windows.cpp.
  static Result<Broker*> start(const Duties& duties);

  /// From now on this process's files, names and the writers of files are looked up by the broker, and log
  /// files opened and moved by it. Before there are other threads.
  void take_over() const;

  /// Readable once the broker has ended.
  const net::Socket& control() const { return board_.control(); }

  int resolve_host(const std::string& host, std::vector<net::SocketAddress>& addresses) const override;
  Result<std::uint32_t> find_user(const std::string& name_or_id) const override;
  Result<std::uint32_t> find_group(const std::string& name_or_id) const override;
  std::string name_of_user(std::uint32_t user) const override;
  std::string name_of_group(std::uint32_t group) const override;

  int bind_tcp(const net::Socket& socket, const net::SocketAddress& address) const override;

  /// -1: not, for the reason in errno.
  int open(const std::filesystem::path& file) const;
  int open_log(const std::filesystem::path& file,
               int like) const;  ///< as log::FileKeeper's
  int rename_log(const std::filesystem::path& from,
                 const std::filesystem::path& to) const;  ///< 0 or an errno

  std::vector<ChangeableByOthers> writers_of(const std::filesystem::path& file,
                                             const TrustedWriters& trusted) const;

  /// What was started.
  class Successor {
   public:
    int pid() const { return pid_; }

   private:
    friend class Broker;
    explicit Successor(net::DescriptorLine line) : line_(std::move(line)) {}
    int pid_ = 0;
    net::DescriptorLine line_;
    std::function<void(int code, int signal)> ended_;
    net::HandlePtr<net::ReadWatch> watch_;
  };

  /// `ended` is called on the loop, once; not after the successor was destroyed.
  Result<std::unique_ptr<Successor>> start_successor(net::Loop& loop,
                                                     std::function<void(int code, int signal)> ended) const;

 private:
  using Descriptor = std::optional<uv_os_sock_t>;
  int descriptor_for(const Message& question, Descriptor beside) const;
  Result<net::DescriptorLine> connect() const;
  /// `beside`: a descriptor that goes with the question; `descriptor`: one that comes with the answer.
  Result<Message> ask(const Message& question, Descriptor beside = {},
                      net::Socket* descriptor = nullptr) const;
  Result<std::uint32_t> find_id(std::string_view word, const std::string& name_or_id) const;
  std::string name_of(std::string_view word, std::uint32_t id) const;

  net::Switchboard board_;
  mutable std::mutex mutex_;
  mutable std::vector<net::DescriptorLine> idle_;  // connections that wait for the next question
};

// Platform: broker/fork_posix.cpp, broker/fork_windows.cpp.

/// The broker's side: answers until the other end is gone. Never returns.
[[noreturn]] void serve(net::Socket control, const Duties& duties);

/// Forks a process that runs `serve` with its end of a pair (net::Switchboard) and ends after it. It has
/// nothing else open but the standard streams; no signal that is for a whole group or service ends it, so it
/// is to end when its socket does. `name`: as the system calls it, up to 15 bytes. There must be no other
/// thread.
Result<net::Socket> start_beside(const char* name, const std::function<void(net::Socket control)>& serve);

}  // namespace persona::broker
