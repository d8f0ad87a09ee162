#include "persona/net/file_watcher.hpp"

#include <filesystem>
#include <fstream>

#include <doctest/doctest.h>

#include "support.hpp"

using namespace persona;
using namespace persona::net;
using persona::net::test::Folder;
using persona::net::test::TestLoop;
namespace fs = std::filesystem;

namespace {

void write(const fs::path& path, std::string_view content) {
  std::ofstream(path, std::ios::binary) << content;
}

/// "folder/name" of all places below `root`, links resolved.
std::set<std::string> names_in(const Places& places, const fs::path& root) {
  std::set<std::string> result;
  for (const auto& [folder, names] : places) {
    for (const auto& name : names) {
      if (folder.path.string().starts_with(root.string())) {
        result.insert((folder.path / name).lexically_relative(root).string());
      }
    }
  }
  return result;
}

using Names = std::set<std::string>;

/// Runs the loop until the watcher has told `count` times, or `patience` has passed.
struct Watching {
  TestLoop loop;
  int told = 0;
  std::unique_ptr<FileWatcher> watcher = std::make_unique<FileWatcher>(*loop, [this] { ++told; });

  ~Watching() { watcher.reset(); }

  bool told_within(Milliseconds patience, int count = 1) {
    bool over = false;
    const auto timer = Timer::create(*loop, nullptr);
    timer->start(patience, [&over] { over = true; });
    while (!over && told < count) {
      uv_run(loop->uv(), UV_RUN_ONCE);
    }
    return told >= count;
  }
};

constexpr Milliseconds long_enough{10'000};

}  // namespace

TEST_CASE("the stamp of a file is another one when it is written, replaced or gone") {
  const Folder folder;
  const fs::path file = folder.path() / "file";
  const FileStamp missing = stamp_of(file);
  CHECK(missing.error == UV_ENOENT);
  write(file, "one");
  const FileStamp first = stamp_of(file);
  CHECK(first.error == 0);
  CHECK(first.size == 3);
  CHECK(first == stamp_of(file));
  write(file, "longer");
  CHECK(stamp_of(file) != first);

  const FileStamp before = stamp_of(file);
  write(folder.path() / "other", "longer");
  fs::last_write_time(folder.path() / "other", fs::last_write_time(file));
  fs::rename(folder.path() / "other", file);
  CHECK(stamp_of(file) != before);  // another inode, if nothing else
}

TEST_CASE("the stamp is that of the file a link leads to") {
  const Folder folder;
  write(folder.path() / "one", "same");
  write(folder.path() / "two", "same");
  fs::create_symlink("one", folder.path() / "link");
  const FileStamp first = stamp_of(folder.path() / "link");
  CHECK(first == stamp_of(folder.path() / "one"));
  fs::remove(folder.path() / "link");
  fs::create_symlink("two", folder.path() / "link");
  CHECK(stamp_of(folder.path() / "link") != first);
}

TEST_CASE("what was written within a tick may be written again unseen") {
  FileStamp stamp;
  stamp.modified = stamp.changed = 1'000'000'000;
  CHECK(is_fresh({stamp}, 1'000'000'000));
  CHECK(is_fresh({stamp}, 1'040'000'000));
  CHECK(!is_fresh({stamp}, 1'060'000'000));
  CHECK(!is_fresh({stamp}, 900'000'000));  // a clock in the future: for ever, else
  stamp.changed = 2'000'000'000;
  CHECK(is_fresh({stamp}, 2'000'000'001));
  CHECK(!is_fresh({}, 0));
}

TEST_CASE("a file is watched in its folder, and every link on its way in that of the link") {
  const Folder folder;
  const fs::path root = fs::canonical(folder.path());
  fs::create_directories(root / "data1");
  write(root / "data1" / "tls.crt", "x");
  CHECK(names_in(places_of({root / "data1" / "tls.crt"}), root) == Names{"data1/tls.crt"});

  fs::create_symlink("data1", root / "..data");
  fs::create_symlink("..data/tls.crt", root / "tls.crt");
  CHECK(names_in(places_of({root / "tls.crt"}), root) == Names{"tls.crt", "..data", "data1/tls.crt"});

  fs::create_directories(root / "live" / "x");
  fs::create_symlink("../../data1/tls.crt", root / "live" / "x" / "cert.pem");
  fs::create_symlink(root / "live" / "x", root / "current");
  CHECK(names_in(places_of({root / "current" / "cert.pem"}), root) ==
        Names{"current", "live/x/cert.pem", "data1/tls.crt"});
}

TEST_CASE("of what is missing, the first name that is") {
  const Folder folder;
  const fs::path root = fs::canonical(folder.path());
  CHECK(names_in(places_of({root / "a" / "b" / "c"}), root) == Names{"a"});
  fs::create_symlink("nowhere", root / "link");
  CHECK(names_in(places_of({root / "link"}), root) == Names{"link", "nowhere"});
  fs::create_symlink("loop", root / "loop");
  CHECK(names_in(places_of({root / "loop"}), root) == Names{"loop"});
}

TEST_CASE("a folder that was replaced by another of its name is another place") {
  const Folder folder;
  fs::create_directories(folder.path() / "data");
  const Places before = places_of({folder.path() / "data" / "file"});
  CHECK(before == places_of({folder.path() / "data" / "file"}));
  fs::rename(folder.path() / "data", folder.path() / "away");
  fs::create_directories(folder.path() / "data");
  CHECK(before != places_of({folder.path() / "data" / "file"}));
}

TEST_CASE("a change is told, a burst of them once") {
  const Folder folder;
  const fs::path file = folder.path() / "file";
  write(file, "x");
  Watching watching;
  const auto outcome = watching.watcher->watch(places_of({file}));
  CHECK(outcome.added);
  CHECK(!outcome.problem);
  CHECK(!watching.watcher->watch(places_of({file})).added);
  for (int i = 0; i < 20; ++i) {
    write(file, std::to_string(i));
  }
  CHECK(watching.told_within(long_enough));
  CHECK(!watching.told_within(FileWatcher::quiet * 2, 2));
  fs::remove(file);
  CHECK(watching.told_within(long_enough, 2));
}

TEST_CASE("a burst that does not end is told all the same") {
  const Folder folder;
  const fs::path file = folder.path() / "file";
  write(file, "x");
  Watching watching;
  watching.watcher->watch(places_of({file}));
  const auto writer = Timer::create(*watching.loop, nullptr);
  const std::function<void()> again = [&] {
    write(file, "y");
    writer->start(FileWatcher::quiet / 10, again);
  };
  again();
  const Milliseconds start = precise_now();
  CHECK(watching.told_within(long_enough));
  CHECK(precise_now() - start >= FileWatcher::longest - Milliseconds(100));
}

TEST_CASE("a watched folder that goes is told of, and watched anew when the same one comes back") {
  const Folder folder;
  const fs::path certificates = folder.path() / "certificates";
  const fs::path file = certificates / "file";
  fs::create_directory(certificates);
  write(file, "one");
  const Places places = places_of({file});
  Watching watching;
  CHECK(watching.watcher->watch(places).added);
  CHECK_FALSE(watching.watcher->watch(places).added);
  fs::rename(certificates, folder.path() / "away");
  REQUIRE(watching.told_within(long_enough));
  fs::rename(folder.path() / "away", certificates);
  CHECK(watching.watcher->watch(places).added);
  write(file, "two");
  CHECK(watching.told_within(long_enough, 2));
}

TEST_CASE("other files of the folder are not told of, nor what is no longer watched") {
  const Folder folder;
  write(folder.path() / "file", "x");
  Watching watching;
  watching.watcher->watch(places_of({folder.path() / "file"}));
  write(folder.path() / "other", "x");
  CHECK(!watching.told_within(FileWatcher::quiet * 2));
  watching.watcher->watch(places_of({folder.path() / "other"}));
  write(folder.path() / "file", "y");
  CHECK(!watching.told_within(FileWatcher::quiet * 2));
  write(folder.path() / "other", "y");
  CHECK(watching.told_within(long_enough));
  watching.watcher->watch({});
  write(folder.path() / "other", "z");
  CHECK(!watching.told_within(FileWatcher::quiet * 2, 2));
}
