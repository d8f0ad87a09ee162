#include "persona/net/child.hpp"

#include <array>
#include <utility>

#include "persona/net/error.hpp"

namespace persona::net {

namespace {

/// Ours, NAME=value, and these.
Result<std::vector<std::string>> environment_with(const Child::Variables& more) {
  uv_env_item_t* items = nullptr;
  int count = 0;
  if (const int code = uv_os_environ(&items, &count); code != 0) {
    return fail(ErrorKind::network, "cannot read the environment: {}", error_words(code));
  }
  std::vector<std::string> all;
  all.reserve(static_cast<std::size_t>(count) + more.size());
  for (int i = 0; i < count; ++i) {
    all.push_back(fmt::format("{}={}", items[i].name, items[i].value));
  }
  uv_os_free_environ(items, count);
  for (const auto& [name, value] : more) {
    all.push_back(fmt::format("{}={}", name, value));
  }
  return all;
}

}  // namespace

std::vector<char*> pointers_to(std::vector<std::string>& words) {
  std::vector<char*> pointers;
  pointers.reserve(words.size() + 1);
  for (std::string& word : words) {
    pointers.push_back(word.data());
  }
  pointers.push_back(nullptr);
  return pointers;
}

Result<HandlePtr<Child>> Child::start(Loop& loop, std::vector<std::string> arguments,
                                      const Variables& variables,
                                      std::function<void(std::int64_t code, int signal)> ended) {
  auto environment = environment_with(variables);
  if (!environment) {
    return tl::unexpected(environment.error());
  }
  std::vector<char*> words = pointers_to(arguments);
  std::vector<char*> assignments = pointers_to(*environment);
  std::array<uv_stdio_container_t, 3> streams{};
  for (std::size_t stream = 0; stream < streams.size(); ++stream) {
    streams[stream].flags = UV_INHERIT_FD;
    streams[stream].data.fd = static_cast<int>(stream);
  }
  uv_process_options_t options{};
  options.file = words.front();
  options.args = words.data();
  options.env = assignments.data();
  options.stdio = streams.data();
  options.stdio_count = static_cast<int>(streams.size());
  options.flags = UV_PROCESS_DETACHED;
  options.exit_cb = [](uv_process_t* handle, std::int64_t code, int signal) {
    static_cast<Child*>(handle->data)->ended_(code, signal);
  };
  auto* child = new Child;
  child->ended_ = std::move(ended);
  child->handle_.data = child;
  const int code = uv_spawn(loop.uv(), &child->handle_, &options);
  HandlePtr<Child> owned(child);  // also after a failure the handle is to be closed
  if (code != 0) {
    return fail(ErrorKind::network, "cannot start {}: {}", arguments.front(), error_words(code));
  }
  return owned;
}

void Child::close() {
  uv_close(reinterpret_cast<uv_handle_t*>(&handle_),
           [](uv_handle_t* handle) { delete static_cast<Child*>(handle->data); });
}

}  // namespace persona::net
