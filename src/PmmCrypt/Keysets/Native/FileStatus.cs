using System.Runtime.InteropServices;

namespace PmmCrypt.Keysets.Native;

/// <summary><c>struct statx</c>, of which unlike <c>struct stat</c> the layout is the same on every architecture.</summary>
[StructLayout(LayoutKind.Explicit, Size = 256)]
internal struct FileStatus
{
    private const ushort TypeMask = 0xf000;         // S_IFMT
    private const ushort Regular = 0x8000;          // S_IFREG
    private const ushort Folder = 0x4000;           // S_IFDIR
    private const ulong MountRootAttribute = 0x2000;

    [FieldOffset(8)]
    private readonly ulong _attributes;

    [FieldOffset(16)]
    public readonly uint Links;

    [FieldOffset(20)]
    public readonly uint Owner;

    [FieldOffset(24)]
    public readonly uint Group;

    [FieldOffset(28)]
    private readonly ushort _mode;

    [FieldOffset(32)]
    private readonly ulong _inode;

    [FieldOffset(40)]
    public readonly ulong Size;

    [FieldOffset(136)]
    private readonly uint _deviceMajor;

    [FieldOffset(140)]
    private readonly uint _deviceMinor;

    public readonly bool IsRegular => (_mode & TypeMask) == Regular;

    public readonly bool IsFolder => (_mode & TypeMask) == Folder;

    /// <summary>The permission bits.</summary>
    public readonly UnixFileMode Mode => (UnixFileMode)(_mode & 0xfff);

    /// <summary>Something is mounted right here: a bind-mounted file, which cannot be replaced. Never true before Linux 5.8.</summary>
    public readonly bool IsMountRoot => (_attributes & MountRootAttribute) != 0;

    public readonly bool IsSameFileAs(in FileStatus other) =>
        _inode == other._inode && _deviceMajor == other._deviceMajor && _deviceMinor == other._deviceMinor;
}
