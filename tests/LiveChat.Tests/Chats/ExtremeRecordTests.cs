using CsCheck;
using LiveChat.Core.Chats;
using Xunit;
using Record = LiveChat.Core.Log.Record;

namespace LiveChat.Tests.Chats;

/// <summary>
/// Records whose numbers no ingest would have written: whoever gets one into the log must not stop a partition with it,
/// nor leave a number in the chat that stops the next one.
/// </summary>
public sealed class ExtremeRecordTests
{
    private const long IdAheadMsMax = 3_600_000;

    private static readonly Gen<ulong> Number = Gen.OneOf<ulong>(
        Gen.OneOf<ulong>(0, 1, int.MaxValue, uint.MaxValue, 1UL << 53, long.MaxValue, 1UL << 63, ulong.MaxValue),
        Gen.ULong[0, 20],
        Gen.ULong);

    [Fact]
    public void No_number_in_a_record_stops_a_chat_or_spoils_it() => Gen
        .Select(Gens.Record, Number.Array[6])
        .Select(static drawn => With(drawn.Item1, drawn.Item2))
        .Array[1, 40]
        .Sample(
            static records =>
            {
                var run = new ChatRun().Take(Records.Created("ann", 1000, "bob", "cat", "dan"));
                var appendMs = Records.StartMs + records.Length + 1;
                foreach (var record in records)
                {
                    var before = run.State;
                    if (run.Next(record) is not Verdict.Accepted) continue;
                    var after = run.State;
                    Assert.Equal(before.Seq + 1, after.Seq);
                    Assert.InRange(after.N - before.N, 0, 1);
                    Assert.InRange(after.TimeMs, before.TimeMs, appendMs + IdAheadMsMax);
                    Assert.InRange(after.SettingsSeq, 1, after.Seq);
                    Assert.InRange(after.Roster.Count, 0, before.Roster.Count + 8);
                }

                // Whatever came before, the next message of a member has its place, if the chat has one.
                if (run.State.Roster.Count > 0)
                    run.Take(Records.Message(run.State.Roster.Members[0].User.Value, 2000));
            },
            iter: 5_000);

    private static Record With(Record record, ulong[] numbers)
    {
        record.Id = numbers[0];
        (record.MembersMax, record.PullAt, record.PushBelow) = ((uint)numbers[1], (uint)numbers[2], (uint)numbers[3]);
        if (record.Target is { } target) target.Seq = numbers[4];
        if (record.Settings is { HasIfSeq: true } settings) settings.IfSeq = numbers[5];
        if (record.Message is { } message) message.Body.ReplyTo = numbers[5];
        return record;
    }
}
