namespace LiveChat.Tests.Simulation;

/// <summary>
/// A fault that is planted to see that it is found: a simulator that finds nothing proves nothing. Each is a mistake
/// that could be made in the product, brought about by the simulated parts around it.
/// </summary>
public enum Plant
{
    None,

    /// <summary>The log answers and shows records that it has not synced.</summary>
    AcknowledgedBeforeSynced,

    /// <summary>The log lets a later append go before an earlier one.</summary>
    AppendsSwapped,

    /// <summary>The head of a commit is written before its rows.</summary>
    HeadFirst,

    /// <summary>A commit is reported as written before it is, so the offset is committed first.</summary>
    OffsetBeforeHead,

    /// <summary>The offset of the delivery-workers is that of the log's end instead of what was handed over.</summary>
    OffsetAheadOfDelivery,

    /// <summary>All rows of a commit carry the stamp of its last event.</summary>
    StampPerCommit,

    /// <summary>The stamp comes from the worker's clock.</summary>
    StampFromClock,

    /// <summary>The last write wins, however old its stamp.</summary>
    StampsIgnored,

    /// <summary>The roster's cell is written with the first head only.</summary>
    RosterNotWritten,

    /// <summary>An earlier use of a key is not looked for.</summary>
    KeyCheckOff,

    /// <summary>An earlier use of a key is looked for in memory only.</summary>
    KeyLookupOff,

    /// <summary>Other words under a used key pass for a repetition.</summary>
    MismatchPasses,

    /// <summary>A record at or below the head's position is applied again.</summary>
    PositionCheckOff,

    /// <summary>A refused record takes a seq.</summary>
    SeqSkips,

    /// <summary>Edits count as messages.</summary>
    EditsCount,

    /// <summary>The verdict depends on more than the state and the record.</summary>
    WorkersDisagree,
}
