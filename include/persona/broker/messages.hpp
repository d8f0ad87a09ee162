// What a confined process and its broker say to each other: a word, a number and texts on a line.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "persona/base/result.hpp"

namespace persona::broker {

// The words of questions. The texts and the number of each, and of its answer:
inline constexpr std::string_view ask_file = "file";  ///< path -> errno, 0 with a descriptor beside it
/// path; perhaps an open file beside it, whose readers may read one that is made -> as ask_file, to append
inline constexpr std::string_view ask_log = "log";
inline constexpr std::string_view ask_rename = "rename";  ///< two paths of a log file -> errno
inline constexpr std::string_view ask_host = "host";      ///< name -> a libuv code, socket addresses in bytes
inline constexpr std::string_view ask_user = "user";      ///< name -> id; or `refused` with a sentence
inline constexpr std::string_view ask_group = "group";    ///< the same
inline constexpr std::string_view ask_uid = "uid";        ///< id -> its name, which may be empty
inline constexpr std::string_view ask_gid = "gid";        ///< the same
inline constexpr std::string_view ask_writers = "writers";  ///< file, key -> pairs of path and sentence
inline constexpr std::string_view ask_bind = "bind";        ///< a socket address; a socket beside it -> errno
inline constexpr std::string_view ask_start =
    "start";  ///< -> a process id; later `ended`: code, signal as text

// The words of answers.
inline constexpr std::string_view answered = "ok";
inline constexpr std::string_view refused = "refused";  ///< a sentence
inline constexpr std::string_view has_ended = "ended";

struct Message {
  std::string word;  ///< 1 to 16 lower case letters
  std::int64_t number = 0;
  std::vector<std::string> texts{};  ///< any bytes

  friend bool operator==(const Message&, const Message&) = default;
};

/// Without a line end: texts are hexadecimal.
std::string write(const Message& message);

/// The message of a failure says what is wrong with the line.
Result<Message> read(std::string_view line);

}  // namespace persona::broker
