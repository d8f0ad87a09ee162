#include "persona/net/file_watcher.hpp"

#include <filesystem>

#include <doctest/doctest.h>

#include "watching.hpp"

using namespace persona;
using namespace persona::net;
using namespace persona::net::test;
namespace fs = std::filesystem;

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

TEST_CASE("what was written within a tick may be written again unseen") {
  FileStamp stamp;
  stamp.modified = stamp.changed = 1'100'000'000;
  CHECK(is_fresh({stamp}, 1'100'000'000));
  CHECK(is_fresh({stamp}, 1'140'000'000));
  CHECK(!is_fresh({stamp}, 1'160'000'000));
  CHECK(!is_fresh({stamp}, 1'000'000'000));  // a clock in the future: for ever, else
  stamp.changed = 2'100'000'000;
  CHECK(is_fresh({stamp}, 2'100'000'001));
  CHECK(!is_fresh({}, 0));
}

TEST_CASE("a file system that counts in seconds hides what is written within two") {
  FileStamp stamp;
  for (std::int64_t FileStamp::*time : {&FileStamp::modified, &FileStamp::changed}) {
    stamp.modified = stamp.changed = 1'100'000'000;
    stamp.*time = 4'000'000'000;
    CHECK(is_fresh({stamp}, 4'000'000'000));
    CHECK(is_fresh({stamp}, 5'999'999'999));
    CHECK(!is_fresh({stamp}, 6'060'000'000));
    CHECK(!is_fresh({stamp}, 3'999'999'999));
  }
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

TEST_CASE("a folder with a flood of changes is left alone, and then looked at again") {
  const Folder folder;
  const fs::path file = folder.path() / "file";
  write(file, "x");
  Watching watching;
  watching.watcher->watch(places_of({file}));
  for (int i = 0; i < FileWatcher::flood; ++i) {
    write(folder.path() / ("other" + std::to_string(i % 2)), "y");  // one name's changes would count as one
  }
  CHECK(watching.told_within(long_enough));  // though none of these is watched
  CHECK(watching.watcher->watch(places_of({file})).added);
  write(file, "z");
  CHECK(watching.told_within(long_enough, 2));
}

TEST_CASE("files with an extension are told of as they come and go, and no others") {
  const Folder folder;
  Places places;
  add_place_of_all(places, folder.path(), ".yaml");
  Watching watching;
  watching.watcher->watch(places);
  write(folder.path() / "a.yam", "x");
  write(folder.path() / "yaml", "x");
  CHECK(!watching.told_within(FileWatcher::quiet * 2));
  write(folder.path() / "a.yaml", "x");
  CHECK(watching.told_within(long_enough));
  fs::remove(folder.path() / "a.yaml");
  CHECK(watching.told_within(long_enough, 2));
}
