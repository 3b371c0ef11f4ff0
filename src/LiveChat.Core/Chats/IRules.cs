using LiveChat.Core.Log;

namespace LiveChat.Core.Chats;

/// <summary>
/// One number of the rules by which records become events: pure, no clock, no configuration, no look-up. The code
/// of every number that is still in a log is kept. Contract: equal arguments give equal verdicts; an accepted event
/// has seq S+1 and leaves a state whose position is the record's.
/// </summary>
internal interface IRules
{
    /// <param name="state">The chat's state; null when the chat does not exist.</param>
    /// <param name="record">The record.</param>
    /// <param name="position">Its position.</param>
    /// <param name="appendTimeMs">The log's time for it, Unix milliseconds.</param>
    /// <param name="earlier">The earlier event with the record's key, at or below the state; null when none.</param>
    Verdict Decide(ChatState? state, Record record, Position position, long appendTimeMs, KeyUse? earlier);
}
