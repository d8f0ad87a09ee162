// An open byte stream, reduced to what is needed to move bytes: net::Stream is one, and tests have one in
// memory.
#pragma once

#include <cstddef>
#include <span>

#include <tl/expected.hpp>

#include "persona/base/bytes.hpp"

namespace persona::net {

/// Receives the events of a stream, on the loop's thread and never from within a call to the stream. It may
/// destroy the stream.
class StreamEvents {
 public:
  /// Space for the next read; used until on_read returns. It is the most that a stream delivers in one turn
  /// of its loop, however much waits, so that the loop's other streams have theirs.
  virtual ByteSpan on_buffer() = 0;
  virtual void on_read(ByteView bytes) = 0;  ///< at least one byte
  virtual void on_end(int status) = 0;       ///< 0 for FIN, else why reading failed; no on_read follows
  virtual void on_written(int status) = 0;   ///< the queue is empty (0), or writing failed

 protected:
  ~StreamEvents() = default;
};

/// Loop's thread only. Functions that return int return 0 or a libuv error code.
class Leg {
 public:
  Leg(const Leg&) = delete;
  Leg& operator=(const Leg&) = delete;

  /// Sets the receiver of events; null: none. Bytes that are not read wait in the kernel.
  virtual void tell(StreamEvents* events) = 0;

  virtual int start_reading() = 0;
  virtual void stop_reading() = 0;

  /// Writes what the kernel takes now and queues the rest after what is queued already. True: done. False:
  /// something is queued, and on_written follows. Otherwise a libuv error code, and nothing more can be
  /// written. The pieces share as few system calls as possible.
  virtual tl::expected<bool, int> write(std::span<const ByteView> pieces) = 0;
  tl::expected<bool, int> write(ByteView bytes) { return write(std::span<const ByteView>(&bytes, 1)); }
  virtual bool writing() const = 0;

  /// Sends FIN after what is queued. A later failure is not reported: reading finds that the stream is gone.
  virtual int shutdown() = 0;

  /// Bytes written that have not reached the peer. If the number falls, a slow receiver is still alive.
  virtual std::size_t unsent() const = 0;

  /// An error, such as a reset, that was not reported because the stream is not being read: a libuv error
  /// code, or 0. Returned once.
  virtual int take_pending_error() = 0;

 protected:
  Leg() = default;
  ~Leg() = default;
};

}  // namespace persona::net
