using System.Globalization;
using Xunit;

namespace LiveChat.Tests.Fuzzing;

/// <summary>
/// Gives changed inputs to a check for LIVECHAT_FUZZ_SECONDS, 2 by default. What the check throws, an input that costs
/// more memory than its length allows, and one that is not done in 30 s are findings: the seed and the input in hex
/// are in the message, LIVECHAT_FUZZ_SEED replays the run. The check runs on a thread of its own, which the caller
/// watches; the lock-free hand-over of the present input is one reference.
/// </summary>
internal sealed class Fuzzer
{
    private static readonly TimeSpan HangAfter = TimeSpan.FromSeconds(30);

    private readonly int _seconds = Number("LIVECHAT_FUZZ_SECONDS", 2);
    private readonly int _seed =
        Number("LIVECHAT_FUZZ_SEED", (int)(TimeProvider.System.GetTimestamp() & int.MaxValue));
    private readonly Func<byte[], bool> _accepts;
    private readonly long _bytesAlways;
    private readonly long _bytesPerByte;
    private byte[] _present = [];
    private Exception? _finding;
    private long _accepted;
    private long _refused;

    /// <param name="accepts">Checks one input, and says whether it was good; throws what must not be.</param>
    /// <param name="bytesAlways">What any input may allocate.</param>
    /// <param name="bytesPerByte">What an input may allocate beside that, for each of its bytes.</param>
    public Fuzzer(Func<byte[], bool> accepts, long bytesAlways, long bytesPerByte) =>
        (_accepts, _bytesAlways, _bytesPerByte) = (accepts, bytesAlways, bytesPerByte);

    public void Run(ITestOutputHelper output, Func<Random, Func<byte[]>> inputs)
    {
        output.WriteLine($"seed {_seed}, {_seconds} s");
        var next = inputs(new Random(_seed));
        var thread = new Thread(() => Loop(next)) { IsBackground = true, Name = "fuzzer" };
        thread.Start();
        for (byte[]? before = null; !thread.Join(HangAfter); before = Volatile.Read(ref _present))
            Assert.False(ReferenceEquals(before, Volatile.Read(ref _present)), Describe("does not end"));
        output.WriteLine($"{_accepted} inputs accepted, {_refused} refused");
        if (_finding is not null) Assert.Fail($"{Describe(_finding.Message)}\n{_finding}");
        Assert.True(_accepted > 0 && _refused > 0, "Nothing was accepted, or nothing refused: nothing is tested.");
    }

    /// <summary>One input with all that is asked of it: what was found once.</summary>
    public bool Check(byte[] input)
    {
        var most = _bytesAlways + (_bytesPerByte * input.Length);
        var isAccepted = Measure(input, out var allocated);

        // Tables that are made at the first use and buffers that a collection took are no finding: it is asked again.
        if (allocated > most) isAccepted = Measure(input, out allocated);
        Assert.True(
            allocated <= most,
            string.Create(CultureInfo.InvariantCulture, $"It allocates {allocated} bytes for {input.Length}."));
        return isAccepted;
    }

    private bool Measure(byte[] input, out long allocated)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        var isAccepted = _accepts(input);
        allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        return isAccepted;
    }

    private void Loop(Func<byte[]> next)
    {
        try
        {
            var begun = TimeProvider.System.GetTimestamp();
            while (TimeProvider.System.GetElapsedTime(begun).TotalSeconds < _seconds)
            {
                Volatile.Write(ref _present, next());
                if (Check(_present)) _accepted++;
                else _refused++;
            }
        }
        catch (Exception finding)
        {
            _finding = finding;
        }
    }

    private string Describe(string what) =>
        $"Seed {_seed}, input {_accepted + _refused + 1}: {what}\n{Convert.ToHexString(_present)}";

    private static int Number(string variable, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), CultureInfo.InvariantCulture, out var number)
            ? number
            : otherwise;
}
