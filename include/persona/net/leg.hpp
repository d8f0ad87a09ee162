// An open byte stream as who moves bytes sees it: net::Stream is one, and a test can have one in memory.
#pragma once

#include <cstddef>
#include <span>

#include <tl/expected.hpp>

#include "persona/base/bytes.hpp"

namespace persona::net {

/// Told what happens to a stream, on the loop's thread and never from within a call to the stream. It may let
/// go of the stream.
class StreamEvents {
 public:
  virtual ByteSpan on_buffer() = 0;          ///< where the next read goes; used until on_read returns
  virtual void on_read(ByteView bytes) = 0;  ///< never without a byte
  virtual void on_end(int status) = 0;       ///< 0 for FIN, else why reading failed; last of reading
  virtual void on_written(int status) = 0;   ///< everything queued has left (0), or never will

 protected:
  ~StreamEvents() = default;
};

/// Loop's thread only. Functions that return int return 0 or a libuv error code.
class Leg {
 public:
  Leg(const Leg&) = delete;
  Leg& operator=(const Leg&) = delete;

  /// Who is told from now on; null: nobody, and what is not read waits.
  virtual void tell(StreamEvents* events) = 0;

  virtual int start_reading() = 0;
  virtual void stop_reading() = 0;

  /// Writes what the kernel takes now and queues the rest behind what is queued already. True: done. False:
  /// something is queued, on_written follows. Else a libuv error code, and nothing more can be written. As
  /// few system calls as the kernel allows, however many pieces there are.
  virtual tl::expected<bool, int> write(std::span<const ByteView> pieces) = 0;
  tl::expected<bool, int> write(ByteView bytes) { return write(std::span<const ByteView>(&bytes, 1)); }
  virtual bool writing() const = 0;

  /// FIN after what is queued. Failure is not reported: a stream that is gone has ended both ways.
  virtual int shutdown() = 0;

  /// Bytes written that have not reached the peer: when they get fewer, a slow receiver is alive.
  virtual std::size_t unsent() const = 0;

  /// A reset or the like that nobody has been told of, because the stream is not read: a libuv error code, or
  /// 0.
  virtual int take_pending_error() = 0;

 protected:
  Leg() = default;
  ~Leg() = default;
};

}  // namespace persona::net
