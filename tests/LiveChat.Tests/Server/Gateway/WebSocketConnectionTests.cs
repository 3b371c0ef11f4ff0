using LiveChat.Protocol;
using LiveChat.Server.Gateway;
using LiveChat.Tests.Sessions;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace LiveChat.Tests.Server.Gateway;

/// <summary>The two loops of a socket at the end, over a stream that the test's time moves.</summary>
public sealed class WebSocketConnectionTests
{
    private const int Frames = 20;
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public async Task A_peer_that_reads_slowly_after_the_close_is_cut_before_it_has_everything()
    {
        await using var node = await TestNode.StartAsync(_time);
        var connection = node.Node.TryOpen()!;
        await using var socket = new SlowSocket(_time, TimeSpan.FromSeconds(2));
        var running = new WebSocketConnection(connection, socket.Context, unsigned: null, _time).RunAsync();
        for (var i = 0; i < Frames; i++) connection.Outbox.PostAnswer(Enumerable.Repeat((byte)'a', 15_000).ToArray());
        connection.Outbox.Close(CloseCode.BadFrame);
        for (var i = 0; i < 10_000 && !running.IsCompleted; i++)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System);
            if (i % 10 == 9) _time.Advance(TimeSpan.FromMilliseconds(500));
        }

        await running.WaitAsync(TimeSpan.FromSeconds(1), TimeProvider.System);
        Assert.True(socket.IsAborted);
        Assert.InRange(socket.Writes, 2, Frames / 2);
    }

    /// <summary>Takes its time for each write, and is silent until it is aborted.</summary>
    private sealed class SlowSocket : Stream, IHttpUpgradeFeature, IHttpRequestLifetimeFeature
    {
        private readonly TimeProvider _time;
        private readonly TimeSpan _each;
        private readonly TaskCompletionSource _aborted = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _writes;

        public SlowSocket(TimeProvider time, TimeSpan each)
        {
            (_time, _each) = (time, each);
            Context.Features.Set<IHttpUpgradeFeature>(this);
            Context.Features.Set<IHttpRequestLifetimeFeature>(this);
        }

        public DefaultHttpContext Context { get; } = new();

        public int Writes => Volatile.Read(ref _writes);

        public bool IsAborted => _aborted.Task.IsCompleted;

        public bool IsUpgradableRequest => true;

        public CancellationToken RequestAborted { get; set; }

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public Task<Stream> UpgradeAsync() => Task.FromResult<Stream>(this);

        public void Abort() => _aborted.TrySetResult();

        public override async ValueTask WriteAsync(
            ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            Interlocked.Increment(ref _writes);
            await Task.WhenAny(Task.Delay(_each, _time, cancellationToken), _aborted.Task);
            if (IsAborted) throw new IOException("It was aborted.");
        }

        public override async ValueTask<int> ReadAsync(
            Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            await _aborted.Task;
            throw new IOException("It was aborted.");
        }

        public override void Flush()
        {
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
