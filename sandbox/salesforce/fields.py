"""The standard fields of the objects that the Salesforce stand-in knows."""

from __future__ import annotations

# name: type, then length (text) or what it refers to and the relationship's name (reference)
SYSTEM = {
    "Id": ("id",),
    "CreatedDate": ("datetime",),
    "LastModifiedDate": ("datetime",),
    "SystemModstamp": ("datetime",),
    "IsDeleted": ("boolean",),
    "CreatedById": ("reference", "User", "CreatedBy"),
    "LastModifiedById": ("reference", "User", "LastModifiedBy"),
}
NAME = "Name"  # what a reference to several kinds of objects shows of them: SOQL, "Understanding Polymorphic Keys"
POLYMORPHIC: dict[str, tuple[str, ...]] = {"Id": ("id",), "Name": ("string", "255"), "Type": ("string", "40")}
_OWNER = {"OwnerId": ("reference", "User", "Owner")}
STANDARD: dict[str, dict[str, tuple[str, ...]]] = {
    "User": {
        "Name": ("string", "121"),
        "Email": ("email", "128"),
        "Username": ("string", "80"),
        "IsActive": ("boolean",),
        "UserType": ("picklist", "Standard"),
    },
    "Account": _OWNER
    | {
        "Name": ("string", "255"),
        "ParentId": ("reference", "Account", "Parent"),
        "MasterRecordId": ("reference", "Account", "MasterRecord"),
        "Type": ("picklist", "Prospect", "Customer - Direct", "Other"),
        "Industry": ("picklist", "Technology", "Finance", "Healthcare", "Retail", "Other"),
        "NumberOfEmployees": ("int",),
        "AnnualRevenue": ("currency",),
        "Website": ("url", "255"),
        "Description": ("textarea", "32000"),
    },
    "Task": _OWNER
    | {
        "Subject": ("combobox", "255"),
        "WhatId": ("reference", NAME, "What"),
        "WhoId": ("reference", "Contact", "Who"),
        "AccountId": ("reference", "Account", "Account"),
        "ActivityDate": ("date",),
        "Description": ("textarea", "32000"),
        "Status": ("picklist", "Not Started", "In Progress", "Completed", "Waiting on someone else", "Deferred"),
        "Priority": ("picklist", "Normal", "High", "Low"),
        "Type": ("picklist", "Call", "Email", "Meeting", "Other"),
        "IsClosed": ("boolean",),
    },
    "Opportunity": _OWNER
    | {
        "Name": ("string", "120"),
        "AccountId": ("reference", "Account", "Account"),
        "StageName": ("picklist", "Prospecting", "Qualification", "Proposal", "Closed Won", "Closed Lost"),
        "CloseDate": ("date",),
        "Amount": ("currency",),
        "Type": ("picklist", "Existing Customer - Upgrade", "Existing Customer - Replacement", "New Customer"),
        "Description": ("textarea", "32000"),
        "IsClosed": ("boolean",),
        "IsWon": ("boolean",),
        "LastStageChangeDate": ("datetime",),
    },
    "Contact": _OWNER
    | {
        "Name": ("string", "121"),
        "LastName": ("string", "80"),
        "Email": ("email", "80"),
        "AccountId": ("reference", "Account", "Account"),
    },
    "Lead": _OWNER
    | {
        "Name": ("string", "121"),
        "LastName": ("string", "80"),
        "Company": ("string", "255"),
        "Email": ("email", "80"),
        "IsConverted": ("boolean",),
    },
    "Campaign": _OWNER | {"Name": ("string", "80"), "IsActive": ("boolean",)},
    "CampaignMemberStatus": {
        "CampaignId": ("reference", "Campaign", "Campaign"),
        "Label": ("string", "765"),
        "IsDefault": ("boolean",),
        "HasResponded": ("boolean",),
    },
    "CampaignMember": {
        "CampaignId": ("reference", "Campaign", "Campaign"),
        "ContactId": ("reference", "Contact", "Contact"),
        "LeadId": ("reference", "Lead", "Lead"),
        "Status": ("picklist", "Sent", "Responded"),
        "HasResponded": ("boolean",),
    },
    # Priority, Type, Reason and Origin are the org's own lists; these are what a new org has.
    "Case": _OWNER
    | {
        "CaseNumber": ("string", "30"),
        "AccountId": ("reference", "Account", "Account"),
        "ContactId": ("reference", "Contact", "Contact"),
        "Subject": ("string", "255"),
        "Status": ("picklist", "New", "Working", "Escalated", "Closed"),
        "Priority": ("picklist", "High", "Medium", "Low"),
        "Type": ("picklist", "Question", "Problem", "Feature Request"),
        "Reason": ("picklist", "Installation", "Performance", "Other"),
        "Origin": ("picklist", "Phone", "Email", "Web"),
        "IsClosed": ("boolean",),
        "ClosedDate": ("datetime",),
        "MasterRecordId": ("reference", "Case", "MasterRecord"),
        "Description": ("textarea", "32000"),
    },
    # Object reference, "UserPermissionAccess": one row, about whoever asks; not an object that records are put in.
    "UserPermissionAccess": {
        "LastCacheUpdate": ("datetime",),
        **dict.fromkeys(
            (
                "PermissionsApiEnabled",
                "PermissionsAuthorApex",
                "PermissionsCustomizeApplication",
                "PermissionsDataExport",
                "PermissionsManageUsers",
                "PermissionsModifyAllData",
                "PermissionsModifyMetadata",
                "PermissionsResetPasswords",
                "PermissionsViewAllData",
            ),
            ("boolean",),
        ),
    },
}
# Of orgs with several currencies alone: object reference, "CurrencyType". Rates are units for one of the corporate one.
CURRENCY: dict[str, tuple[str, ...]] = {
    "IsoCode": ("picklist",),
    "ConversionRate": ("double",),
    "DecimalPlaces": ("int",),
    "IsActive": ("boolean",),
    "IsCorporate": ("boolean",),
}
STANDARD["CurrencyType"] = CURRENCY
WITH_CURRENCY = ("Account", "Opportunity")
PREFIX = {
    "CurrencyType": "01L",
    "User": "005",
    "Account": "001",
    "Task": "00T",
    "Opportunity": "006",
    "Case": "500",
    "Contact": "003",
    "Lead": "00Q",
    "Campaign": "701",
    "CampaignMemberStatus": "01Y",
    "CampaignMember": "00v",
    "UserPermissionAccess": "0ta",
}
REQUIRED = {
    "Account": ["Name"],
    "Task": [],
    "Opportunity": ["Name", "StageName", "CloseDate"],
    "Case": [],
    "Contact": ["LastName"],
    "Lead": ["LastName", "Company"],
    "Campaign": ["Name"],
    "CampaignMemberStatus": ["CampaignId", "Label"],
    "CampaignMember": ["CampaignId"],
    "User": [],
    "CurrencyType": [],
}
