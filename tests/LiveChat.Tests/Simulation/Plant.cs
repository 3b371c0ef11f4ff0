namespace LiveChat.Tests.Simulation;

/// <summary>
/// A fault that is planted to see that it is found: a simulator that finds nothing proves nothing. Each is a mistake
/// that could be made in the product, brought about by the simulated parts around it: the log, the stores, the rules,
/// what stands between the workers and the fan-out, and the wire.
/// </summary>
public enum Plant
{
    None,

    /// <summary>The log answers and shows records that it has not synced.</summary>
    AcknowledgedBeforeSynced,

    /// <summary>The log lets a later append go before an earlier one.</summary>
    AppendsSwapped,

    /// <summary>The log is trimmed to its end.</summary>
    TrimmedTooEarly,

    /// <summary>While a sync is under way, the log says that its next record will be of this moment.</summary>
    SincePassesASync,

    /// <summary>A position to resume from names no partition that is behind the others.</summary>
    StragglersForgotten,

    /// <summary>In a log without a clock, every record that is handed over moves the time.</summary>
    AnyRecordMovesTime,

    /// <summary>The last visible record moves the time, however far it is from the clock of whoever reads it.</summary>
    FarRecordMovesTime,

    /// <summary>One of the two groups does not know ticks.</summary>
    TickStopsOneGroup,

    /// <summary>What a former owner of a partition found of a key counts for the next one.</summary>
    FormerOwnersKeys,

    /// <summary>A command whose outcome is unknown is not answered.</summary>
    CommandsWithoutAnEnd,

    /// <summary>A loop goes on when its partition comes back.</summary>
    LoopUsedAgain,

    /// <summary>A partition that was lost is committed.</summary>
    CommittedAfterLoss,

    /// <summary>A partition that stopped stays so when it comes back.</summary>
    StopRemembered,

    /// <summary>The head of a commit is written before its rows.</summary>
    HeadFirst,

    /// <summary>A commit is reported as written before it is, so the offset is committed first.</summary>
    OffsetBeforeHead,

    /// <summary>A flush does nothing, and offsets are durable before the rows below them.</summary>
    OffsetOutlivesRows,

    /// <summary>A partition counts as handed over what is still on its way.</summary>
    HandedWhenDecided,

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

    /// <summary>A removal does not end the stay in history.</summary>
    StayLeftOpen,

    /// <summary>A member's number of messages is raised once too often now and then.</summary>
    UnreadCountsTwice,

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

    /// <summary>The starter of a direct chat may write on and on without an answer.</summary>
    UnansweredNotLimited,

    /// <summary>The starter of a direct chat may edit and react on and on without an answer.</summary>
    ChangesOfTheUnansweredNotLimited,

    /// <summary>The answer to a direct chat is not noted.</summary>
    AnswerNotNoted,

    /// <summary>The starter of a direct chat is told at once who types there.</summary>
    SignsOfTheUnanswered,

    /// <summary>That a user reacted is not seen where a single message is read.</summary>
    ReactionsOverlooked,

    /// <summary>The verdict depends on more than the state and the record.</summary>
    WorkersDisagree,

    /// <summary>A command is acknowledged when it is handed to the log, with the seq that it will probably get.
    /// </summary>
    AcknowledgedBeforeVerdict,

    /// <summary>A refusal is answered as a success.</summary>
    RefusalAcknowledged,

    /// <summary>An event now and then reaches nobody.</summary>
    EventNotPushed,

    /// <summary>An event now and then is pushed twice.</summary>
    EventPushedTwice,

    /// <summary>Whoever ever was a member gets what is pushed.</summary>
    PushedToFormerMembers,

    /// <summary>Members who came later see what happens to messages from before.</summary>
    PastShown,

    /// <summary>An edit is pushed with its content, whatever became of the message.</summary>
    ErasedShown,

    /// <summary>A resume names one chat too few.</summary>
    ResumeSkipsAChat,

    /// <summary>A list of chats shows the heads of before the last event.</summary>
    ListIsBehind,

    /// <summary>Heads get lost.</summary>
    HeadsLost,

    /// <summary>A page leaves out its last event.</summary>
    PageLosesItsLast,

    /// <summary>Events for a device that reads slowly are dropped.</summary>
    SlowDeviceLosesEvents,

    /// <summary>A poll acknowledges the answer to the one before, of which not everything has come.</summary>
    LostAnswerAcknowledged,

    /// <summary>Who types is said without an end.</summary>
    TypingForEver,

    /// <summary>A start of the node is not durable when clients are told of it.</summary>
    StartNotDurable,

    /// <summary>That somebody types no longer is said behind what comes next.</summary>
    TypingEndsLate,

    /// <summary>A claim is not durable when it is answered.</summary>
    ClaimNotDurable,

    /// <summary>Whoever loses a claim appends a creation of their own.</summary>
    ClaimOfAnother,

    /// <summary>The key of a direct chat's creation is not claimed.</summary>
    KeyOfDirectChatNotClaimed,

    /// <summary>A marker is not durable when it is answered.</summary>
    MarkerNotDurable,

    /// <summary>The others are told what was marked, not what rose.</summary>
    ReceiptsGoBack,

    /// <summary>What a user has read is not always told to the user's other devices.</summary>
    OwnMarksLost,

    /// <summary>A list of chats counts messages as unread in a chat that the user is out of.</summary>
    UnreadOfFormerMembers,

    /// <summary>A list of chats shows an older marker.</summary>
    MarkerGoesBack,

    /// <summary>A sign keeps a user online for ever.</summary>
    PresenceNeverEnds,

    /// <summary>A shared table of presence loses what it has, and the node does not notice.</summary>
    PresenceLossUnnoticed,

    /// <summary>A change of presence now and then reaches no watcher.</summary>
    PresenceChangeLost,

    /// <summary>Watchers are told about those who have just left the chat.</summary>
    PresenceOfFormerMembers,

    /// <summary>That a user hides is not heeded.</summary>
    HiddenIsShown,

    /// <summary>That a user hides is not durable when it is answered.</summary>
    HidingNotDurable,

    /// <summary>When a user was last seen is not durable.</summary>
    LastSeenNotDurable,

    /// <summary>An older time comes from the store now and then.</summary>
    LastSeenGoesBack,

    /// <summary>When a user was last seen is when it was written.</summary>
    LastSeenFromClock,

    /// <summary>What an erasure takes back reaches no device.</summary>
    ErasureNotTold,

    /// <summary>An erasure leaves what history keeps of the user in a chat.</summary>
    ErasureForgetsAStep,

    /// <summary>Who is added to a chat is not asked about erasures.</summary>
    ErasedAreAdded,

    /// <summary>That a chat is deleted reaches no device.</summary>
    DeletionNotTold,

    /// <summary>A deletion that another life of the node began is not gone on with.</summary>
    DeletionForgottenByACrash,

    /// <summary>What a deletion removes is there again behind a crash.</summary>
    PurgeNotDurable,

    /// <summary>A message that comes behind the deletion of its chat is taken.</summary>
    DeletedChatTakesMessages,

    /// <summary>A list does not know that a chat was deleted.</summary>
    DeletedChatListed,
}
