"""Names of medicines that are taken for one another, with the letters that differ in capitals.

Display only: the stored name never changes. After the FDA's and ISMP's lists of look-alike drug names; evidence for the
practice is mixed, so it is one cue among several. Raise VERSION with every change.
"""

VERSION = "2026-11"

_SPELLED = """
    acetaZOLAMIDE acetoHEXAMIDE ALPRAZolam amLODIPine aMILoride ARIPiprazole azaCITIDine
    azaTHIOprine buPROPion busPIRone carBAMazepine CARBOplatin ceFAZolin cefoTEtan cefOXitin
    cefTAZidime cefTRIAXone chlordiazePOXIDE chlorproMAZINE chlorproPAMIDE CISplatin cloBAZam
    clomiPHENE clomiPRAMINE clonazePAM cloNIDine cloZAPine cycloSERINE cycloSPORINE DAUNOrubicin
    dexAMETHasone dexmedeTOMIDine diazePAM dilTIAZem dimenhyDRINATE diphenhydrAMINE DOBUTamine
    DOCEtaxel DOPamine DOXOrubicin DULoxetine ePHEDrine EPINEPHrine epiRUBicin eriBULin fentaNYL
    flavoxATE FLUoxetine fluPHENAZine fluvoxaMINE glipiZIDE glyBURIDE guaiFENesin guanFACINE
    hydrALAZINE hydroCHLOROthiazide HYDROcodone HYDROmorphone HYDROXYprogesterone hydrOXYzine
    IDArubicin inFLIXimab lamiVUDine lamoTRIgine levETIRAcetam levOCARNitine levoFLOXacin LORazepam
    medroxyPROGESTERone metFORMIN methazolAMIDE methIMAzole methylPREDNISolone methylTESTOSTERone
    metOLazone metroNIDAZOLE miFEPRIStone miSOPROStol mitoMYcin mitoXANTRONE niCARdipine NIFEdipine
    niMODipine OLANZapine OXcarbazepine oxyCODONE oxyMORphone PACLitaxel PARoxetine PAZOPanib
    PEMEtrexed penicillAMINE PENTobarbital PHENobarbital PONATinib PRALAtrexate prednisoLONE
    predniSONE QUEtiapine quiNIDine quiNINE RABEprazole raNITIdine rifAMPin rifAXIMin riMANTAdine
    risperiDONE riTUXimab romiDEPsin romiPLOStim rOPINIRole SAXagliptin SITagliptin SORAfenib
    sulfADIAZINE sulfaSALAzine sulfiSOXAZOLE SUMAtriptan SUNItinib tiaGABine tiZANidine TOLAZamide
    TOLBUTamide traMADol traZODone TRASTuzumab valACYclovir valGANciclovir vinBLAStine vinCRIStine
    ZOLMitriptan
"""

TALL_MAN: dict[str, str] = {spelled.lower(): spelled for spelled in _SPELLED.split()}
