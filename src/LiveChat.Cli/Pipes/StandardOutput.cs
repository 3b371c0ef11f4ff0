using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace LiveChat.Cli.Pipes;

/// <summary>
/// Standard output that says when nobody reads it any more. The console's own writer drops what it cannot write, so
/// that a command in front of <c>head</c> would go on for ever and end with success.
/// </summary>
internal static partial class StandardOutput
{
    private const int Descriptor = 1;

    // EPIPE on Linux and macOS; ERROR_BROKEN_PIPE and ERROR_NO_DATA.
    private const int UnixBroken = 32;
    private const int WindowsBroken = unchecked((int)0x8007_006D);
    private const int WindowsClosed = unchecked((int)0x8007_00E8);

    /// <summary>
    /// Makes writing to a pipe without a reader throw. Only for pipes: files are shared with other programs, whose
    /// place in the file a stream of ours would not move.
    /// </summary>
    public static void ThrowWithoutReader()
    {
        if (!IsPipe()) return;
        Console.SetOut(new StreamWriter(Open(), new UTF8Encoding(encoderShouldEmitUTF8Identifier: false))
        {
            AutoFlush = true,
        });
    }

    /// <summary>Whether a write failed because nobody reads.</summary>
    public static bool IsReaderGone(IOException failed) =>
        failed.HResult is UnixBroken or WindowsBroken or WindowsClosed;

    /// <summary>
    /// Runs a command that may have nothing to write for hours. It ends as soon as nobody reads, and not with its next
    /// line.
    /// </summary>
    /// <exception cref="IOException">Nobody reads: see <see cref="IsReaderGone"/>.</exception>
    public static async Task WhileReadAsync(Func<CancellationToken, Task> run, CancellationToken cancellationToken)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var gone = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        if (IsPipe())
            new Thread(() => WaitUntilGone(gone)) { IsBackground = true, Name = "reader of the output" }.Start();
        var running = run(either.Token);
        if (await Task.WhenAny(running, gone.Task) == running)
        {
            await running;
            return;
        }

        await either.CancelAsync();
        await running.ContinueWith(
            static _ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        throw new IOException("Nobody reads the output.", UnixBroken);
    }

    /// <summary>On Windows the console's own stream notices by itself, with the next line.</summary>
    private static bool IsPipe()
    {
        if (OperatingSystem.IsWindows() || !Console.IsOutputRedirected) return false;
        using var output = Open();
        return !output.CanSeek;
    }

    private static FileStream Open() =>
        new(new SafeFileHandle(Descriptor, ownsHandle: false), FileAccess.Write, bufferSize: 0);

    /// <summary>The kernel reports the error by itself, without being asked for any event.</summary>
    private static void WaitUntilGone(TaskCompletionSource gone)
    {
        const int interrupted = 4;
        var output = new PollDescriptor { Descriptor = Descriptor };
        while (true)
        {
            var found = Poll(ref output, 1, timeoutMs: -1);
            if (found < 0 && Marshal.GetLastPInvokeError() == interrupted) continue;
            if (found > 0) gone.TrySetResult();
            return;
        }
    }

    [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
    private static partial int Poll(ref PollDescriptor descriptors, nuint count, int timeoutMs);

    /// <summary><c>struct pollfd</c>.</summary>
    private struct PollDescriptor
    {
        public int Descriptor;
        public short Events;
        public short Returned;
    }
}
