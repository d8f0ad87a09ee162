#include "persona/broker/broker.hpp"

#include <array>
#include <cerrno>
#include <charconv>
#include <optional>

#include "addresses.hpp"
#include "persona/base/log_files.hpp"
#include "persona/base/path_text.hpp"
#include "persona/net/error.hpp"

namespace persona::broker {

namespace {

constexpr std::size_t most_idle = 1;  // each is a descriptor here, and a thread there
constexpr Milliseconds a_while{60'000};

tl::unexpected<Error> gone() {
  return fail(ErrorKind::network,
              "the process that looks up names and opens files for this one has ended: restart persona");
}

Result<Message> next(net::DescriptorLine& line) {
  for (;;) {
    const auto received = line.receive();
    if (!received) {
      return gone();
    }
    if (*received) {
      return read(**received);
    }
    static_cast<void>(line.wait(a_while));
  }
}

}  // namespace

std::string bytes_of(const net::SocketAddress& address) {
  const std::size_t size = address.get()->sa_family == AF_INET6 ? sizeof(sockaddr_in6) : sizeof(sockaddr_in);
  return {reinterpret_cast<const char*>(address.get()), size};
}

std::optional<net::SocketAddress> address_of(const std::string& bytes) {
  sockaddr_storage storage{};
  if (bytes.size() > sizeof storage) {
    return std::nullopt;
  }
  std::copy(bytes.begin(), bytes.end(), reinterpret_cast<char*>(&storage));
  net::SocketAddress address(reinterpret_cast<const sockaddr*>(&storage));
  return address.is_ip() ? std::optional(address) : std::nullopt;
}

void Broker::take_over() const {
  open_by([this](const std::filesystem::path& file) { return open(file); });
  judge_writers_by([this](const std::filesystem::path& file, const TrustedWriters& trusted) {
    return writers_of(file, trusted);
  });
  log::keep_files_by({[this](const std::filesystem::path& file, int like) { return open_log(file, like); },
                      [this](const std::filesystem::path& from, const std::filesystem::path& to) {
                        return rename_log(from, to);
                      }});
  net::act_through(this);
}

Result<net::DescriptorLine> Broker::connect() const {
  {
    const std::lock_guard lock(mutex_);
    if (!idle_.empty()) {
      net::DescriptorLine line = std::move(idle_.back());
      idle_.pop_back();
      return line;
    }
  }
  auto line = board_.connect();
  return line ? std::move(line) : gone();
}

Result<Message> Broker::ask(const Message& question, Descriptor beside, net::Socket* descriptor) const {
  auto line = connect();
  if (!line) {
    return tl::unexpected(line.error());
  }
  std::vector<uv_os_sock_t> descriptors;
  if (beside) {
    descriptors.push_back(*beside);
  }
  if (!line->send(write(question), descriptors)) {
    return gone();
  }
  auto answer = next(*line);
  if (!answer) {
    return answer;
  }
  if (descriptor != nullptr) {
    if (auto taken = line->take_descriptor()) {
      *descriptor = std::move(*taken);
    }
  }
  const std::lock_guard lock(mutex_);
  if (idle_.size() < most_idle) {
    idle_.push_back(std::move(*line));
  }
  return answer;
}

int Broker::open(const std::filesystem::path& file) const {
  return descriptor_for({std::string(ask_file), 0, {file.string()}}, {});
}

int Broker::open_log(const std::filesystem::path& file, int like) const {
  return descriptor_for({std::string(ask_log), 0, {file.string()}},
                        like < 0 ? Descriptor() : static_cast<uv_os_sock_t>(like));
}

int Broker::rename_log(const std::filesystem::path& from, const std::filesystem::path& to) const {
  const auto answer = ask({std::string(ask_rename), 0, {from.string(), to.string()}});
  return answer && answer->word == answered ? static_cast<int>(answer->number) : EIO;
}

int Broker::descriptor_for(const Message& question, Descriptor beside) const {
  net::Socket descriptor;
  const auto answer = ask(question, beside, &descriptor);
  if (!answer || answer->word != answered || (answer->number == 0 && !descriptor.valid())) {
    errno = EIO;
    return -1;
  }
  if (answer->number != 0) {
    errno = static_cast<int>(answer->number);
    return -1;
  }
  return static_cast<int>(descriptor.release());
}

int Broker::resolve_host(const std::string& host, std::vector<net::SocketAddress>& addresses) const {
  const auto answer = ask({std::string(ask_host), 0, {host}});
  if (!answer || answer->word != answered) {
    return UV_EAI_FAIL;
  }
  for (const std::string& bytes : answer->texts) {
    if (const auto address = address_of(bytes)) {
      addresses.push_back(*address);
    }
  }
  return static_cast<int>(answer->number);
}

int Broker::bind_tcp(const net::Socket& socket, const net::SocketAddress& address) const {
  const auto answer = ask({std::string(ask_bind), 0, {bytes_of(address)}}, socket.get());
  return answer && answer->word == answered ? static_cast<int>(answer->number) : EACCES;
}

Result<std::uint32_t> Broker::find_id(std::string_view word, const std::string& name_or_id) const {
  const auto answer = ask({std::string(word), 0, {name_or_id}});
  if (!answer) {
    return tl::unexpected(answer.error());
  }
  if (answer->word != answered) {
    return fail(ErrorKind::configuration, "{}", answer->texts.empty() ? "" : answer->texts.front());
  }
  return static_cast<std::uint32_t>(answer->number);
}

Result<std::uint32_t> Broker::find_user(const std::string& name_or_id) const {
  return find_id(ask_user, name_or_id);
}

Result<std::uint32_t> Broker::find_group(const std::string& name_or_id) const {
  return find_id(ask_group, name_or_id);
}

std::string Broker::name_of(std::string_view word, std::uint32_t id) const {
  const auto answer = ask({std::string(word), id});
  return answer && answer->word == answered && !answer->texts.empty() ? answer->texts.front() : "";
}

std::string Broker::name_of_user(std::uint32_t user) const {
  return name_of(ask_uid, user);
}

std::string Broker::name_of_group(std::uint32_t group) const {
  return name_of(ask_gid, group);
}

std::vector<ChangeableByOthers> Broker::writers_of(const std::filesystem::path& file,
                                                   const TrustedWriters& trusted) const {
  std::vector<ChangeableByOthers> found;
  const auto answer = ask({std::string(ask_writers), 0, {file.string(), trusted.private_key.string()}});
  if (answer && answer->word == answered) {
    for (std::size_t at = 0; at + 1 < answer->texts.size(); at += 2) {
      found.push_back({answer->texts[at], answer->texts[at + 1]});
    }
  }
  return found;
}

Result<std::unique_ptr<Broker::Successor>> Broker::start_successor(
    net::Loop& loop, std::function<void(int code, int signal)> ended) const {
  auto line = connect();
  if (!line) {
    return tl::unexpected(line.error());
  }
  if (!line->send(write({std::string(ask_start)}))) {
    return gone();
  }
  const auto answer = next(*line);
  if (!answer) {
    return tl::unexpected(answer.error());
  }
  if (answer->word != answered) {
    return fail(ErrorKind::network, "{}", answer->texts.empty() ? "" : answer->texts.front());
  }
  std::unique_ptr<Successor> successor(new Successor(std::move(*line)));
  successor->pid_ = static_cast<int>(answer->number);
  successor->ended_ = std::move(ended);
  auto watch = net::ReadWatch::create(loop, successor->line_.socket(), [&its = *successor] {
    const auto received = its.line_.receive();
    if (received && !*received) {
      return;
    }
    int signal = 0;
    int code = 0;
    if (const auto message = received ? read(**received) : Result<Message>(gone()); message) {
      code = static_cast<int>(message->number);
      const std::string text = message->texts.empty() ? "" : message->texts.front();
      static_cast<void>(std::from_chars(text.data(), text.data() + text.size(), signal));  // else 0
    }
    its.watch_.reset();
    const auto told = std::move(its.ended_);
    told(code, signal);  // may free it
  });
  if (!watch) {
    return tl::unexpected(watch.error());
  }
  successor->watch_ = std::move(*watch);
  return successor;
}

}  // namespace persona::broker
