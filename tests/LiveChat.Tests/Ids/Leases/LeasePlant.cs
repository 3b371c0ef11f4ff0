namespace LiveChat.Tests.Ids.Leases;

/// <summary>What is wrong on purpose in a run of <see cref="LeaseSimulation"/>.</summary>
public enum LeasePlant
{
    None = 0,

    /// <summary>The store replaces a row whatever is there.</summary>
    NoCondition = 1,

    /// <summary>The store forgets up to which time a row was raised.</summary>
    UntilForgotten = 2,

    /// <summary>A high-water mark is answered to every run of the folder, also while another one has it open.</summary>
    FolderWithoutLock = 3,

    /// <summary>A high-water mark is written, and is not there after a crash.</summary>
    MarkNotDurable = 4,
}
