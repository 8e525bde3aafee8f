using PmmCrypt.Metadata;

namespace PmmCrypt.Rotation.Losses;

/// <summary>One place of a row that holds a value.</summary>
/// <param name="Field">The field.</param>
/// <param name="Which">Which of the field's places it is, where it has several in a row; else empty.</param>
/// <param name="IsInList">Whether it is in an element of a list.</param>
internal readonly record struct ValuePlace(EncryptedField Field, string Which, bool IsInList)
{
    /// <summary>Why a value cannot be put back where this place is not found.</summary>
    public string WhyGone => IsInList ? "its element of the list is gone, or has changed" : "its place is gone";
}
